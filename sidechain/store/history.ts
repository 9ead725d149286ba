// SPDX-License-Identifier: Apache-2.0
// The history tree of a chain over what the disk holds: one hash per full group of headers in
// memory, the headers of a group read again when a proof goes through it. The tree is synchronous
// and the disk is not, so what a question needs is read first, and then it is asked.

import { assert } from '../../base/assert.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { leafHash, rootOf } from '../../base/merkle.ts';
import type { Suite } from '../../base/suite.ts';
import { groupSize, HistoryTree } from '../../base/tree.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import { readKept } from './archive-table.ts';
import { readBlocks } from './block-table.ts';
import { blobAt, integerAt } from './columns.ts';
import { assertIntact } from './damage.ts';

/** A full group of headers, by its place; its hash is kept for ever. */
export type HeaderGroup = { readonly position: number; readonly hash: Uint8Array };

export function groupStatement({ position, hash }: HeaderGroup): Statement {
  return {
    sql: 'INSERT INTO history (position, hash) VALUES (?, ?)',
    params: [position, hash],
    changes: 1,
  };
}

/** As it is on disk; undefined where it is not. */
export async function readGroupHash(
  database: Database,
  position: number,
): Promise<Uint8Array | undefined> {
  const [row] = await database.read('SELECT hash FROM history WHERE position = ?', [position]);
  return row && blobAt(row, 'hash');
}

/** Leaf hashes of a group whose headers are in a segment; undefined where that is not here. */
export type ArchivedLeaves = (position: number) => Promise<readonly Uint8Array[] | undefined>;

export class History {
  readonly tree: HistoryTree;
  readonly #suite: Suite;
  readonly #database: Database;
  readonly #archived: ArchivedLeaves;
  /** Leaf hashes of groups read or made lately, the oldest first. */
  readonly #groups = new Map<number, readonly Uint8Array[]>();
  /** Leaf hashes of the group that is not full. */
  #tail: Uint8Array[] = [];

  private constructor(
    suite: Suite,
    from: { readonly database: Database; readonly archived: ArchivedLeaves },
    groupHashes: Iterable<Uint8Array>,
  ) {
    this.#suite = suite;
    this.#database = from.database;
    this.#archived = from.archived;
    this.tree = new HistoryTree(suite, { leafHashAt: (i) => this.#leafHashAt(i) }, groupHashes);
  }

  /** The tree over the first `size` headers on disk. */
  static async open(
    suite: Suite,
    database: Database,
    size: number,
    archived: ArchivedLeaves = async () => undefined,
  ): Promise<History> {
    const groupCount = Math.floor(size / groupSize);
    const groupHashes = await readGroupHashes(database, groupCount);
    const history = new History(suite, { database, archived }, groupHashes);
    const first = groupCount * groupSize;
    if (first < size) {
      for (const { headerBytes } of await readBlocks(database, { from: first, to: size - 1 })) {
        const hash = leafHash(suite, headerBytes);
        history.#tail.push(hash);
        history.tree.append(hash);
      }
    }
    assertIntact(history.tree.size === size, 'headers are missing');
    return history;
  }

  /**
   * Takes note of a header that the ledger has just appended to the tree.
   * @returns the group that it completes, to be stored with its block.
   */
  note(headerBytes: Uint8Array): HeaderGroup | undefined {
    this.#tail.push(leafHash(this.#suite, headerBytes));
    if (this.#tail.length < groupSize) return undefined;
    const leafHashes = this.#tail;
    this.#tail = [];
    const position = this.tree.size / groupSize - 1;
    this.#groups.set(position, leafHashes);
    this.#trim();
    return { position, hash: rootOf(this.#suite, leafHashes) };
  }

  /** Asks the tree something about trees of these sizes, and inclusion of these leaves. */
  async ask<T>(
    about: { readonly sizes?: readonly number[]; readonly leaves?: readonly number[] },
    question: (tree: HistoryTree) => T,
  ): Promise<T> {
    const edges = (about.sizes ?? []).filter((size) => size % groupSize !== 0);
    const groups = [...edges, ...(about.leaves ?? [])].map((i) => Math.floor(i / groupSize));
    const missing = [...new Set(groups)].filter((group) => this.#isOnDiskOnly(group));
    const read: (readonly [number, readonly Uint8Array[]])[] = [];
    for (const group of missing) read.push([group, await this.#readGroup(group)]);
    // From here to the end nothing is awaited: no other question can push the groups out.
    for (const [group, leafHashes] of read) this.#groups.set(group, leafHashes);
    const answer = question(this.tree);
    this.#trim();
    return answer;
  }

  #isOnDiskOnly(group: number): boolean {
    const full = (group + 1) * groupSize <= this.tree.size;
    return full && !this.#groups.has(group);
  }

  async #readGroup(group: number): Promise<readonly Uint8Array[]> {
    const from = group * groupSize;
    const to = from + groupSize - 1;
    const rows = await readBlocks(this.#database, { from, to });
    if (rows.length < groupSize) return this.#readArchived(group);
    return rows.map(({ headerBytes }) => leafHash(this.#suite, headerBytes));
  }

  async #readArchived(group: number): Promise<readonly Uint8Array[]> {
    const { height } = await readKept(this.#database);
    assertIntact((group + 1) * groupSize <= height, 'headers are missing');
    const leafHashes = await this.#archived(group);
    if (leafHashes !== undefined) return leafHashes;
    const blocks = `${group * groupSize} to ${(group + 1) * groupSize - 1}`;
    throw new TielineError('carried-away', `blocks ${blocks} are in a segment that is not here`, {
      hint: 'bring it back with `tieline archive restore`; `tieline archive list` names it',
    });
  }

  #trim(): void {
    for (const oldest of this.#groups.keys()) {
      if (this.#groups.size <= limits.historyGroupsMax) return;
      this.#groups.delete(oldest);
    }
  }

  #leafHashAt(index: number): Uint8Array {
    const group = Math.floor(index / groupSize);
    const hash = this.#groups.get(group)?.[index % groupSize];
    assert(hash !== undefined, `leaf ${index} was read before the tree was asked`);
    return hash;
  }
}

/** The first so many of them. @throws TielineError `database-damaged` */
export async function readGroupHashes(
  database: Database,
  count: number,
): Promise<readonly Uint8Array[]> {
  const hashes: Uint8Array[] = [];
  while (hashes.length < count) {
    const rows = await database.read(
      `SELECT position, hash FROM history
       WHERE position >= ? AND position < ? ORDER BY position LIMIT ?`,
      [hashes.length, count, limits.storePageRows],
    );
    assertIntact(rows.length > 0, 'tree hashes are missing');
    for (const row of rows) {
      assertIntact(integerAt(row, 'position') === hashes.length, 'a tree hash is missing');
      hashes.push(blobAt(row, 'hash'));
    }
  }
  return hashes;
}
