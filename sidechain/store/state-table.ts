// SPDX-License-Identifier: Apache-2.0
// The applied state on disk. Rewriting it with every block would wear the card out, so it trails:
// what blocks wrote is gathered and stored now and then, with the height it belongs to, in the
// transaction of that block. A restart loads the state and applies the blocks after that height
// again.

import { assert } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import type { AppliedBlock } from '../chain/ledger.ts';
import { blobAt, integerAt, textAt } from './columns.ts';
import { assertIntact, damaged } from './damage.ts';

export type StoredState = {
  readonly height: number;
  readonly pairs: readonly (readonly [string, Uint8Array])[];
};

/** Writes of blocks that the stored state does not have yet. */
export class StateTrail {
  readonly #writes = new Map<string, Uint8Array | null>();
  #height: number;
  #work = 0;
  #sinceMs: number;

  /** Starts with nothing gathered, at the height of the stored state. */
  constructor(stored: { readonly height: number; readonly nowMs: number }) {
    this.#height = stored.height;
    this.#sinceMs = stored.nowMs;
  }

  get length(): number {
    return this.#work;
  }

  /**
   * Blocks come one by one. What they cost to apply again is counted: themselves and their entries.
   */
  add(block: AppliedBlock): void {
    assert(block.header.height === this.#height + 1, 'no block is left out of the state');
    this.#height = block.header.height;
    this.#work += 1 + block.accepted.length + block.refused.length;
    for (const [key, value] of block.writes) this.#writes.set(key, value);
  }

  isDue(nowMs: number): boolean {
    const waitedMs = nowMs - this.#sinceMs;
    return (
      this.#work >= limits.stateTrailMax || (this.#work > 0 && waitedMs >= limits.stateTrailMs)
    );
  }

  /**
   * What brings the stored state to the height of the last block added; gathers anew from there.
   */
  take(nowMs: number): readonly Statement[] {
    const statements = [...this.#writes].map(([key, value]) => stateWrite(key, value));
    this.#writes.clear();
    this.#work = 0;
    this.#sinceMs = nowMs;
    return [...statements, heightWrite(this.#height)];
  }
}

function stateWrite(key: string, value: Uint8Array | null): Statement {
  if (value === null) return { sql: 'DELETE FROM state WHERE key = ?', params: [key] };
  return {
    sql: `INSERT INTO state (key, value) VALUES (?, ?)
      ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    params: [key, value],
    changes: 1,
  };
}

function heightWrite(height: number): Statement {
  return {
    sql: `INSERT INTO state_height (id, height) VALUES (1, ?)
      ON CONFLICT (id) DO UPDATE SET height = excluded.height`,
    params: [height],
    changes: 1,
  };
}

/**
 * In pages; each page says at which height it was read, and a reader beside a writer starts over.
 */
export async function readState(database: Database): Promise<StoredState> {
  for (let attempt = 0; attempt < readAttemptsMax; attempt++) {
    const stored = await tryReadState(database);
    if (stored !== undefined) return stored;
  }
  throw damaged('the state does not stand still');
}

/** The writer stores the state seldom: a second attempt is rare. */
const readAttemptsMax = 10;

async function tryReadState(database: Database): Promise<StoredState | undefined> {
  const height = await readStateHeight(database);
  const pairs: (readonly [string, Uint8Array])[] = [];
  for (;;) {
    const after = pairs.at(-1)?.[0] ?? '';
    const rows = await database.read(
      `SELECT key, value, (SELECT height FROM state_height) AS height FROM state
       WHERE key > ? ORDER BY key LIMIT ?`,
      [after, statePageRows],
    );
    for (const row of rows) {
      if (integerAt(row, 'height') !== height) return undefined;
      pairs.push([textAt(row, 'key'), blobAt(row, 'value')]);
    }
    if (rows.length < statePageRows) {
      return (await readStateHeight(database)) === height ? { height, pairs } : undefined;
    }
  }
}

/** A value may be as large as a contract makes it. */
const statePageRows = 64;

/** Of the state on disk, from which a restart goes on. */
export async function readStateHeight(database: Database): Promise<number> {
  const [row] = await database.read('SELECT height FROM state_height');
  assertIntact(row !== undefined, 'the state is missing');
  return integerAt(row, 'height');
}
