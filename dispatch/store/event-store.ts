// SPDX-License-Identifier: Apache-2.0
// What has happened, in the order the ledger holds it: anchors, reports, evidence and summaries,
// each numbered by its own table. A place in all four is where a reader stands: whoever goes on
// from it misses nothing, however long he was away.

import { fromHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { Database, Row, SqlValue } from '../../host/sqlite.ts';
import { bytesOf, integerOf, textOf } from './columns.ts';

/** The number of the last one that was read, of each. */
export type EventPlace = {
  readonly anchor: number;
  readonly report: number;
  readonly evidence: number;
  readonly summary: number;
};

export type StoredEvent = { readonly place: EventPlace; readonly chainId: Uint8Array } & (
  | {
      readonly kind: 'anchor';
      readonly logIndex: number;
      readonly size: number;
      readonly root: Uint8Array;
      readonly timeMs: number;
    }
  | {
      readonly kind: 'report';
      readonly gateway: Uint8Array;
      readonly bytes: Uint8Array;
      readonly takenMs: number;
    }
  | {
      readonly kind: 'fork' | 'summary-conflict';
      readonly position: number;
      readonly timeMs: number;
    }
  /** A summary message, as it was received. */
  | { readonly kind: 'summaries'; readonly bytes: Uint8Array }
);

type Source = {
  readonly of: keyof EventPlace;
  readonly table: string;
  readonly number: string;
  readonly columns: string;
  readonly read: (row: Row) => object;
};

const sources: readonly Source[] = [
  {
    of: 'anchor',
    table: 'anchor',
    number: 'log_index',
    columns: 'size, root, accepted_ms',
    read: (row) => ({
      kind: 'anchor',
      logIndex: integerOf(row, 'number'),
      size: integerOf(row, 'size'),
      root: bytesOf(row, 'root'),
      timeMs: integerOf(row, 'accepted_ms'),
    }),
  },
  {
    of: 'report',
    table: 'report',
    number: 'id',
    columns: 'gateway, bytes, taken_ms',
    read: (row) => ({
      kind: 'report',
      gateway: bytesOf(row, 'gateway'),
      bytes: bytesOf(row, 'bytes'),
      takenMs: integerOf(row, 'taken_ms'),
    }),
  },
  {
    of: 'evidence',
    table: 'evidence',
    number: 'id',
    columns: 'kind, position, found_ms',
    read: (row) => ({
      kind: textOf(row, 'kind') === 'fork' ? 'fork' : 'summary-conflict',
      position: integerOf(row, 'position'),
      timeMs: integerOf(row, 'found_ms'),
    }),
  },
  {
    of: 'summary',
    table: 'summary_message',
    number: 'sequence',
    columns: 'bytes',
    read: (row) => ({ kind: 'summaries', bytes: bytesOf(row, 'bytes') }),
  },
];

export class EventStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async newest(): Promise<EventPlace> {
    const columns = sources.map(
      ({ of, table, number }) => `coalesce((SELECT max(${number}) FROM ${table}), 0) AS ${of}`,
    );
    const [row] = await this.#database.read(`SELECT ${columns.join(', ')}`);
    const at = (of: keyof EventPlace) => (row === undefined ? 0 : integerOf(row, of));
    return {
      anchor: at('anchor'),
      report: at('report'),
      evidence: at('evidence'),
      summary: at('summary'),
    };
  }

  /** A page of what lies between, of these chains; and the place up to which it was looked. */
  async between(
    from: EventPlace,
    to: EventPlace,
    chains: ReadonlySet<string> | 'all',
  ): Promise<{ readonly events: readonly StoredEvent[]; readonly place: EventPlace }> {
    const events: StoredEvent[] = [];
    let place = from;
    for (const source of sources) {
      const rows = await this.#rows(source, { from: from[source.of], to: to[source.of] }, chains);
      for (const row of rows.rows) {
        place = { ...place, [source.of]: integerOf(row, 'number') };
        const chainId = bytesOf(row, 'chain_id');
        events.push({ place, chainId, ...source.read(row) } as StoredEvent);
      }
      place = { ...place, [source.of]: rows.upTo };
    }
    return { events, place };
  }

  /** No page looks at more numbers than that, however few of them are of these chains. */
  async #rows(
    { table, number, columns }: Source,
    range: { readonly from: number; readonly to: number },
    chains: ReadonlySet<string> | 'all',
  ): Promise<{ readonly rows: readonly Row[]; readonly upTo: number }> {
    const to = Math.min(range.to, range.from + limits.eventNumbersMax);
    if (to <= range.from) return { rows: [], upTo: range.from };
    const params: SqlValue[] = [range.from, to];
    let condition = '';
    if (chains !== 'all') {
      const ids = [...chains].flatMap((id) => fromHex(id) ?? []);
      condition = `AND chain_id IN (${ids.map(() => '?').join(', ')})`;
      params.push(...ids);
    }
    const rows = await this.#database.read(
      `SELECT ${number} AS number, chain_id, ${columns} FROM ${table} NOT INDEXED
        WHERE ${number} > ? AND ${number} <= ? ${condition} ORDER BY ${number} LIMIT ?`,
      [...params, limits.eventsPageMax],
    );
    const last = rows.at(-1);
    const isFull = rows.length === limits.eventsPageMax && last !== undefined;
    return { rows, upTo: isFull ? integerOf(last, 'number') : to };
  }
}
