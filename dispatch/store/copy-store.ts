// SPDX-License-Identifier: Apache-2.0
// The ledger's rows as a mirror copies them: in their order, as they were received. Each page looks
// at so many rows at most, whoever's they are, so that nobody who may see few of them makes one
// question read the whole table.

import { limits } from '../../base/limits.ts';
import { unpack } from '../../host/packing.ts';
import type { Database, Row } from '../../host/sqlite.ts';
import { bytesOf, integerOf } from './columns.ts';

/** Ids of the chains that may be seen. */
export type ChainScope = readonly Uint8Array[] | 'all';

/** `next`: where the page after this one begins; undefined where there is none. */
export type CopyPage<T> = { readonly items: readonly T[]; readonly next: number | undefined };

export type CopiedAnchor = {
  readonly logIndex: number;
  readonly acceptedMs: number;
  readonly bytes: Uint8Array;
};

export type CopiedMessage = { readonly sequence: number; readonly bytes: Uint8Array };

export type CopiedChain = {
  readonly chainId: Uint8Array;
  readonly genesis: Uint8Array;
  readonly enrolment: Uint8Array;
  readonly membership: Uint8Array | undefined;
};

/** Rows that one page looks at. */
const rowsLookedAtMax = 50_000;

export class CopyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** From the leaf `from` on. */
  anchors(from: number, countMax: number, scope: ChainScope): Promise<CopyPage<CopiedAnchor>> {
    return this.#page({ from, countMax, scope }, anchorTable, (row) => ({
      logIndex: integerOf(row, 'place'),
      acceptedMs: integerOf(row, 'accepted_ms'),
      bytes: bytesOf(row, 'bytes'),
    }));
  }

  /** What the organisations decided, from the leaf `from` on. */
  async acts(
    from: number,
    countMax: number,
  ): Promise<readonly { readonly logIndex: number; readonly bytes: Uint8Array }[]> {
    const rows = await this.#database.read(
      `SELECT log_index, bytes FROM record WHERE kind = 'act' AND log_index >= ?
        ORDER BY log_index LIMIT ?`,
      [from, countMax],
    );
    return rows.map((row) => ({
      logIndex: integerOf(row, 'log_index'),
      bytes: bytesOf(row, 'bytes'),
    }));
  }

  /** From the message of this number on; unpacked, where they came packed. */
  messages(from: number, countMax: number, scope: ChainScope): Promise<CopyPage<CopiedMessage>> {
    return this.#page({ from, countMax, scope }, messageTable, (row) => ({
      sequence: integerOf(row, 'place'),
      bytes: unpack(bytesOf(row, 'bytes')) ?? bytesOf(row, 'bytes'),
    }));
  }

  /** After this id, in their order. */
  async chains(
    after: Uint8Array,
    countMax: number,
    scope: ChainScope,
  ): Promise<readonly CopiedChain[]> {
    const { condition, params } = within(scope);
    const rows = await this.#database.read(
      `SELECT chain_id, genesis, enrolment, membership_message FROM chain
        WHERE chain_id > ?${condition} ORDER BY chain_id LIMIT ?`,
      [after, ...params, countMax],
    );
    return rows.map((row) => ({
      chainId: bytesOf(row, 'chain_id'),
      genesis: bytesOf(row, 'genesis'),
      enrolment: bytesOf(row, 'enrolment'),
      membership: row.membership_message === null ? undefined : bytesOf(row, 'membership_message'),
    }));
  }

  async #page<T>(
    asked: { readonly from: number; readonly countMax: number; readonly scope: ChainScope },
    table: { readonly name: string; readonly place: string; readonly columns: string },
    itemOf: (row: Row) => T,
  ): Promise<CopyPage<T>> {
    const { from, countMax, scope } = asked;
    const { name, place, columns } = table;
    const [newest] = await this.#database.read(`SELECT max(${place}) AS place FROM ${name}`);
    const last = newest === undefined || newest.place === null ? -1 : integerOf(newest, 'place');
    const end = from + rowsLookedAtMax;
    const { condition, params } = within(scope);
    const rows = await this.#database.read(
      `SELECT ${place} AS place, ${columns} FROM ${name}
        WHERE ${place} >= ? AND ${place} < ?${condition} ORDER BY ${place} LIMIT ?`,
      [from, end, ...params, countMax],
    );
    const isFull = rows.length === countMax;
    const lastRow = rows.at(-1);
    const next = isFull && lastRow !== undefined ? integerOf(lastRow, 'place') + 1 : end;
    return { items: rows.map(itemOf), next: next <= last ? next : undefined };
  }
}

const anchorTable = { name: 'anchor', place: 'log_index', columns: 'accepted_ms, bytes' };
const messageTable = { name: 'summary_message', place: 'sequence', columns: 'bytes' };

function within(scope: ChainScope) {
  if (scope === 'all') return { condition: '', params: [] };
  const ids = scope.slice(0, limits.apiTokenChainsMax);
  if (ids.length === 0) return { condition: ' AND 1 = 0', params: [] };
  return { condition: ` AND chain_id IN (${ids.map(() => '?').join(', ')})`, params: [...ids] };
}
