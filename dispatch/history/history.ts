// SPDX-License-Identifier: Apache-2.0
// The history of summaries, as it is asked for: a read model that follows the accepted messages
// from its own position and holds nothing that they do not. Delete its file, and the next start
// reads them in again.

import { assert } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import { decodeSummary } from '../../contracts/summary.ts';
import type { Database, SqlValue, Statement } from '../../host/sqlite.ts';
import { decodeHeader } from '../../sidechain/chain/header.ts';
import { bytesOf, integerOf } from '../store/columns.ts';
import type { StoredMessage, SummaryStore } from '../store/summary-store.ts';

/** One summary, as the block's output it is. */
export type HistoryRow = {
  readonly height: number;
  readonly outputIndex: number;
  readonly startMs: number;
  readonly bytes: Uint8Array;
};

/** Where a page ended. */
export type HistoryPlace = Pick<HistoryRow, 'startMs' | 'height' | 'outputIndex'>;

export type HistoryQuery = {
  readonly chainId: Uint8Array;
  /** Windows that start at or after this, */
  readonly fromMs: number;
  /** and before this. */
  readonly toMs: number;
  readonly devices: ReadonlySet<string> | 'all';
  readonly obis: string | undefined;
  /** Also those that a later revision has replaced. */
  readonly allRevisions: boolean;
  readonly after: HistoryPlace | undefined;
  readonly countMax: number;
};

export class History {
  readonly #database: Database;
  readonly #source: SummaryStore;
  readonly #onFailure: (error: unknown) => void;
  #following: Promise<void> | undefined;
  #again = false;
  #closed = false;

  /** Follows when told to: at the start, and whenever something was stored. */
  constructor(options: {
    readonly database: Database;
    readonly source: SummaryStore;
    readonly onFailure: (error: unknown) => void;
  }) {
    this.#database = options.database;
    this.#source = options.source;
    this.#onFailure = options.onFailure;
  }

  /** Reads in what was accepted since, in the background. */
  follow(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#following ??= this.#follow().catch((error) => {
      this.#closed = true;
      this.#onFailure(error);
    });
  }

  /** Resolves when all that was accepted before the call is in. */
  async upToDate(): Promise<void> {
    this.follow();
    while (this.#following !== undefined) await this.#following;
  }

  /** In the order of start, height and index. */
  async query(query: HistoryQuery): Promise<readonly HistoryRow[]> {
    const { sql, params } = selectOf(query);
    const rows = await this.#database.read(sql, params);
    return rows.map((row) => ({
      height: integerOf(row, 'height'),
      outputIndex: integerOf(row, 'output_index'),
      startMs: integerOf(row, 'start_ms'),
      bytes: bytesOf(row, 'bytes'),
    }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#following;
  }

  async #follow(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        while (!this.#closed && (await this.#step())) {
          // As long as there is more.
        }
      }
    } finally {
      this.#following = undefined;
    }
  }

  /** One page, rows and position in one transaction. False when there was nothing. */
  async #step(): Promise<boolean> {
    const [row] = await this.#database.read('SELECT sequence FROM position');
    assert(row !== undefined, 'the position is made with the table');
    const position = integerOf(row, 'sequence');
    const messages = await this.#source.messagesAfter(position, limits.historyBatchMessagesMax);
    const last = messages.at(-1);
    if (last === undefined) return false;
    await this.#database.write([
      ...messages.flatMap(rowsOf),
      {
        sql: 'UPDATE position SET sequence = ? WHERE sequence = ?',
        params: [last.sequence, position],
        changes: 1,
      },
    ]);
    return true;
  }
}

/** An output that two messages brought is the same in both. */
function rowsOf({ message }: StoredMessage): Statement[] {
  const header = decodeHeader(message.header);
  assert(header.ok, 'the header was checked before it was stored');
  const { chainId, height } = header.value;
  return message.outputs.map((output) => {
    const summary = decodeSummary(output.bytes);
    assert(summary.ok, 'the summary was checked before it was stored');
    const { device, obis, windowStartMs, windowMs, revision } = summary.value;
    return {
      sql: `INSERT INTO summary
        (chain_id, start_ms, height, output_index, device, obis, window_ms, revision, bytes)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      params: [
        chainId,
        windowStartMs,
        height,
        output.index,
        device,
        obis,
        windowMs,
        revision,
        output.bytes,
      ],
    };
  });
}

function selectOf(query: HistoryQuery): { sql: string; params: SqlValue[] } {
  const conditions = ['s.chain_id = ?', 's.start_ms >= ?', 's.start_ms < ?'];
  const params: SqlValue[] = [query.chainId, query.fromMs, query.toMs];
  if (query.devices !== 'all') {
    conditions.push(`s.device IN (${[...query.devices].map(() => '?').join(', ')})`);
    params.push(...query.devices);
  }
  if (query.obis !== undefined) {
    conditions.push('s.obis = ?');
    params.push(query.obis);
  }
  if (query.after !== undefined) {
    conditions.push('(s.start_ms, s.height, s.output_index) > (?, ?, ?)');
    params.push(query.after.startMs, query.after.height, query.after.outputIndex);
  }
  if (!query.allRevisions) conditions.push(`NOT EXISTS (${laterRevision})`);
  const sql = `SELECT s.height, s.output_index, s.start_ms, s.bytes FROM summary s
    WHERE ${conditions.join(' AND ')}
    ORDER BY s.start_ms, s.height, s.output_index LIMIT ?`;
  return { sql, params: [...params, query.countMax] };
}

const laterRevision = `SELECT 1 FROM summary l WHERE l.chain_id = s.chain_id
  AND l.device = s.device AND l.obis = s.obis AND l.start_ms = s.start_ms
  AND l.window_ms = s.window_ms AND l.revision > s.revision`;
