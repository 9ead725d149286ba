// SPDX-License-Identifier: Apache-2.0
// Requests for raw readings that the main log has taken, and the answers to them, sealed as they came.
// The first answer to an ask is kept: what is sealed cannot be told apart by who does not hold the key.

import type { Database, Row } from '../../host/sqlite.ts';
import { bytesOf, integerOf } from './columns.ts';

export type StoredRequest = {
  /** SHA-256 of the record. */
  readonly id: Uint8Array;
  readonly chainId: Uint8Array;
  /** Its leaf in the main log. */
  readonly logIndex: number;
  readonly untilMs: number;
  readonly askCount: number;
  readonly answeredCount: number;
};

export type KeptAnswer = {
  readonly requestId: Uint8Array;
  readonly ask: number;
  readonly bytes: Uint8Array;
  readonly takenMs: number;
};

const columns = `r.id, r.chain_id, r.log_index, r.until_ms, r.ask_count,
  (SELECT count(*) FROM request_answer a WHERE a.request_id = r.id) AS answered
  FROM request r`;

export class RequestStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async request(id: Uint8Array): Promise<StoredRequest | undefined> {
    const [row] = await this.#database.read(`SELECT ${columns} WHERE r.id = ?`, [id]);
    return row && requestOf(row);
  }

  /** Not over, and with asks that nobody has answered; the oldest first. */
  async open(nowMs: number, countMax: number): Promise<readonly StoredRequest[]> {
    const rows = await this.#database.read(
      `SELECT * FROM (SELECT ${columns} WHERE r.until_ms > ?) WHERE answered < ask_count
       ORDER BY log_index LIMIT ?`,
      [nowMs, countMax],
    );
    return rows.map(requestOf);
  }

  /** Durable when it resolves; what is there already stays. */
  async keep({ requestId, ask, bytes, takenMs }: KeptAnswer): Promise<void> {
    await this.#database.write([
      {
        sql: `INSERT INTO request_answer (request_id, ask, bytes, taken_ms) VALUES (?, ?, ?, ?)
          ON CONFLICT DO NOTHING`,
        params: [requestId, ask, bytes, takenMs],
      },
    ]);
  }

  /** The statement of the gateway, as it came. */
  async answer(requestId: Uint8Array, ask: number): Promise<Uint8Array | undefined> {
    const [row] = await this.#database.read(
      'SELECT bytes FROM request_answer WHERE request_id = ? AND ask = ?',
      [requestId, ask],
    );
    return row && bytesOf(row, 'bytes');
  }

  async answered(requestId: Uint8Array): Promise<readonly number[]> {
    const rows = await this.#database.read(
      'SELECT ask FROM request_answer WHERE request_id = ? ORDER BY ask',
      [requestId],
    );
    return rows.map((row) => integerOf(row, 'ask'));
  }

  /** Answers to requests that were over before that time go. */
  async forgetBefore(timeMs: number): Promise<void> {
    await this.#database.write([
      {
        sql: `DELETE FROM request_answer
          WHERE request_id IN (SELECT id FROM request WHERE until_ms < ?)`,
        params: [timeMs],
      },
    ]);
  }
}

function requestOf(row: Row): StoredRequest {
  return {
    id: bytesOf(row, 'id'),
    chainId: bytesOf(row, 'chain_id'),
    logIndex: integerOf(row, 'log_index'),
    untilMs: integerOf(row, 'until_ms'),
    askCount: integerOf(row, 'ask_count'),
    answeredCount: integerOf(row, 'answered'),
  };
}
