// SPDX-License-Identifier: Apache-2.0
// A simulated card with a chain.db on it. Calls are carried out one at a time, in their order, and
// take time; a write is on the card when it is done, and not before. When the power goes, of the
// one being written all is there or nothing, as SQLite with FULL sync has it; those behind it never
// were. A sync may fail, the card may be full, rot, or be taken back to what it held before.
// Invariant: `truth` is what the card holds, but for what rotted.

import { TielineError } from '../../../base/errors.ts';
import type { Database, Row, SqlValue, Statement } from '../../../host/sqlite.ts';
import { sqliteFailure } from '../../../host/sqlite-failure.ts';
import type { Random } from '../world/random.ts';
import type { Timeline } from '../world/timeline.ts';
import { CardFile } from './card-file.ts';
import { CardImage, type Change } from './card-image.ts';

type Call = {
  readonly isWrite: boolean;
  /** Changes the card, or finds out what is there. */
  readonly act: () => unknown;
  readonly settle: (outcome: Outcome) => void;
};

type Outcome = { readonly value: unknown } | { readonly error: unknown };

export type CardPorts = {
  readonly timeline: Timeline;
  readonly random: Random;
  /** How long a write takes when nothing is wrong. */
  readonly writeMsMax: number;
  /** Told of what cannot be lost any more. */
  readonly onChange: (change: Change) => void;
};

/** How often a stalled card is tried again: a stall may end early. */
const stallStepMs = 100;

export class Card {
  truth: CardImage;
  isFull = false;
  /** The next sync fails. */
  isSyncFailing = false;
  /** Nothing comes back before then. */
  stalledUntilMs = 0;
  /** Where a bit has flipped. */
  readonly rottenTables = new Set<string>();
  /** Called when a write has begun. */
  onWrite: (() => void) | undefined;
  readonly #ports: CardPorts;
  #file: CardFile;
  #calls: Call[] = [];
  #isBusy = false;
  /** Counts power cuts: a call of the life before does not come back. */
  #life = 0;
  #failure: unknown;

  constructor(ports: CardPorts, bytes: Uint8Array) {
    this.#ports = ports;
    this.#file = new CardFile(bytes);
    this.truth = CardImage.of(this.#file);
  }

  /** The card as a process sees it, until the power goes; `later` brings back what it called for. */
  open(later: (run: () => void) => void): Database {
    const life = this.#life;
    const call = (isWrite: boolean, act: Call['act']): Promise<unknown> =>
      new Promise((resolve, reject) => {
        // The process is gone, and nobody waits.
        if (life !== this.#life) return;
        const settle = (outcome: Outcome): void =>
          later(() => ('error' in outcome ? reject(outcome.error) : resolve(outcome.value)));
        this.#calls.push({ isWrite, act, settle });
        this.#next();
      });
    return {
      write: async (statements: readonly Statement[]) => {
        if (statements.length > 0) await call(true, () => this.#write(statements));
      },
      read: (sql: string, params: readonly SqlValue[] = []) =>
        call(false, () => this.#file.read(sql, params)) as Promise<readonly Row[]>,
      close: async () => {},
    };
  }

  /** @returns what became of the write that was under way. */
  cutPower(): 'nothing-lost' | 'lost' | 'kept' {
    const [first] = this.#calls;
    const isWriting = this.#isBusy && first?.isWrite === true;
    this.#life += 1;
    this.#calls = [];
    this.#isBusy = false;
    this.#failure = undefined;
    if (first === undefined || !isWriting) return 'nothing-lost';
    if (this.isFull || this.#ports.random.chance(0.5)) return 'lost';
    return 'value' in attempt(first.act) ? 'kept' : 'lost';
  }

  /** A bit flips in what is stored of the log or of the blocks. @returns false where there is nothing. */
  rot(): boolean {
    const { random } = this.#ports;
    const [table, column] = random.any([
      ['log', 'data'],
      ['log', 'checksum'],
      ['block', 'header'],
    ] as const);
    const rows = this.#file.read(`SELECT rowid, ${column} AS bytes FROM ${table} WHERE rowid > 0`);
    if (rows.length === 0) return false;
    const { rowid = null, bytes } = random.any(rows);
    if (!(bytes instanceof Uint8Array) || bytes.length === 0) return false;
    const altered = Uint8Array.from(bytes);
    const at = random.between(0, altered.length - 1);
    altered[at] = (altered[at] ?? 0) ^ (1 << random.between(0, 7));
    const sql = `UPDATE ${table} SET ${column} = ? WHERE rowid = ?`;
    this.#file.write([{ sql, params: [altered, rowid] }]);
    this.rottenTables.add(table);
    return true;
  }

  /** All that is on it, to be put back some day. */
  copy(): Uint8Array {
    return this.#file.bytes();
  }

  /** Holds that now, and nothing else. */
  replace(bytes: Uint8Array): void {
    this.#file.close();
    this.#file = new CardFile(bytes);
    this.truth = CardImage.of(this.#file);
  }

  /** For whoever looks at it while nothing happens: answers at once. */
  still(): Database {
    return {
      write: async (statements) => void this.#file.write(statements),
      read: async (sql, params) => this.#file.read(sql, params),
      close: async () => {},
    };
  }

  close(): void {
    this.#file.close();
  }

  #next(): void {
    const [call] = this.#calls;
    if (call === undefined || this.#isBusy) return;
    this.#isBusy = true;
    const { random, writeMsMax } = this.#ports;
    this.#wait(call, call.isWrite ? random.between(1, writeMsMax) : 0);
    if (call.isWrite) this.onWrite?.();
  }

  #wait(call: Call, delayMs: number): void {
    const { timeline } = this.#ports;
    const life = this.#life;
    timeline.after(delayMs, () => {
      if (life !== this.#life) return;
      if (this.stalledUntilMs > timeline.nowMs) this.#wait(call, stallStepMs);
      else this.#finish(call);
    });
  }

  #finish(call: Call): void {
    this.#isBusy = false;
    this.#calls.shift();
    const failure = this.#failure ?? (call.isWrite ? this.#mishap(call) : undefined);
    const outcome = failure === undefined ? attempt(call.act) : { error: failure };
    const isFatal =
      'error' in outcome &&
      outcome.error instanceof TielineError &&
      outcome.error.retry === 'fatal';
    if (isFatal) this.#failure = outcome.error;
    call.settle(outcome);
    this.#next();
  }

  #mishap(call: Call): Error | undefined {
    const fail = (code: string, message: string): Error =>
      sqliteFailure({ path: 'chain.db', writing: true, code, message });
    if (this.isFull) return fail('SQLITE_FULL', 'database or disk is full');
    if (!this.isSyncFailing) return undefined;
    // The pages may be on the card or not: nobody knows, and the next sync would say that all is well.
    this.isSyncFailing = false;
    if (this.#ports.random.chance(0.5)) attempt(call.act);
    return fail('SQLITE_IOERR_FSYNC', 'disk I/O error');
  }

  #write(statements: readonly Statement[]): undefined {
    const touched = this.#file.write(statements);
    this.#ports.onChange(this.truth.follow(this.#file, touched));
    return undefined;
  }
}

function attempt(act: () => unknown): Outcome {
  try {
    return { value: act() };
  } catch (error) {
    return { error };
  }
}
