// SPDX-License-Identifier: Apache-2.0
// Accepted summary messages, as they were received: with their proofs, so that any of their outputs
// can be shown alone later, and the history made again. Key: chain, height, output index; what is
// there never changes.

import { assert } from '../../base/assert.ts';
import { equal } from '../../base/bytes.ts';
import { historyLimits } from '../../base/history-limits.ts';
import { unpack } from '../../host/packing.ts';
import type { Database } from '../../host/sqlite.ts';
import {
  decodeSummaryMessage,
  type SentOutput,
  type SummaryMessage,
} from '../../sidechain/chain/summary-message.ts';
import { bytesOf, integerOf } from './columns.ts';
import { WriteGroup } from './write-group.ts';

export type StoredMessage = {
  readonly sequence: number;
  /** As it was received. */
  readonly bytes: Uint8Array;
  readonly message: SummaryMessage;
};

export type SummaryKey = {
  readonly chainId: Uint8Array;
  readonly height: number;
  readonly outputIndex: number;
};

export class SummaryStore {
  readonly #database: Database;
  readonly #writes: WriteGroup;

  constructor(database: Database) {
    this.#writes = new WriteGroup(database);
    this.#database = database;
  }

  /**
   * Durable when it resolves; the same outputs once more change nothing. `conflict`: an output of
   * this height and index is there with other bytes; then the message is kept as evidence alone.
   */
  async keep(
    received: {
      readonly bytes: Uint8Array;
      readonly message: SummaryMessage;
      readonly timeMs: number;
    },
    height: number,
  ): Promise<'stored' | 'conflict'> {
    const { bytes, message, timeMs } = received;
    const { chainId } = message;
    const known = await this.#outputs(chainId, height);
    for (const output of message.outputs) {
      const before = known.get(output.index);
      if (before === undefined || isSame(before, output)) continue;
      await this.#database.write([
        {
          sql: `INSERT INTO evidence (chain_id, kind, position, bytes, found_ms)
            VALUES (?, 'summary', ?, ?, ?)`,
          params: [chainId, height, bytes, timeMs],
        },
      ]);
      return 'conflict';
    }
    const fresh = message.outputs.filter(({ index }) => !known.has(index));
    if (fresh.length === 0) return 'stored';
    await this.#writes.write([
      {
        sql: 'INSERT INTO summary_message (chain_id, bytes) VALUES (?, ?)',
        params: [chainId, bytes],
      },
      ...fresh.map(({ index }) => ({
        sql: `INSERT INTO summary (chain_id, height, output_index, sequence)
          VALUES (?, ?, ?, (SELECT max(sequence) FROM summary_message))`,
        params: [chainId, height, index],
      })),
    ]);
    return 'stored';
  }

  /** In the order they were taken; fewer than `countMax` where their bytes come to much. */
  async messagesAfter(sequence: number, countMax: number): Promise<readonly StoredMessage[]> {
    const rows = await this.#database.read(
      `SELECT sequence, bytes FROM (
        SELECT sequence, bytes,
          sum(length(bytes)) OVER (ORDER BY sequence) - length(bytes) AS before
        FROM (SELECT sequence, bytes FROM summary_message WHERE sequence > ?
          ORDER BY sequence LIMIT ?)
      ) WHERE before < ? ORDER BY sequence`,
      [sequence, countMax, historyLimits.pageBytesMax],
    );
    return rows.map((row) => {
      const bytes = bytesOf(row, 'bytes');
      return { sequence: integerOf(row, 'sequence'), bytes, message: decoded(bytes) };
    });
  }

  /** Of the newest message; 0 where there is none. */
  async lastSequence(): Promise<number> {
    const [row] = await this.#database.read('SELECT max(sequence) AS last FROM summary_message');
    return row === undefined || row.last === null ? 0 : integerOf(row, 'last');
  }

  /** The message that brought an output. */
  async messageOf(key: SummaryKey): Promise<SummaryMessage | undefined> {
    const [row] = await this.#database.read(
      `SELECT m.bytes FROM summary s JOIN summary_message m ON m.sequence = s.sequence
        WHERE s.chain_id = ? AND s.height = ? AND s.output_index = ?`,
      [key.chainId, key.height, key.outputIndex],
    );
    return row && decoded(bytesOf(row, 'bytes'));
  }

  async #outputs(chainId: Uint8Array, height: number): Promise<ReadonlyMap<number, SentOutput>> {
    const rows = await this.#database.read(
      `SELECT m.bytes FROM summary_message m WHERE m.sequence IN
        (SELECT s.sequence FROM summary s WHERE s.chain_id = ? AND s.height = ?)
        ORDER BY m.sequence`,
      [chainId, height],
    );
    const outputs = rows.flatMap((row) => decoded(bytesOf(row, 'bytes')).outputs);
    return new Map(outputs.map((output) => [output.index, output]));
  }
}

function isSame(a: SentOutput, b: SentOutput): boolean {
  return equal(a.salt, b.salt) && equal(a.bytes, b.bytes);
}

function decoded(bytes: Uint8Array): SummaryMessage {
  const message = decodeSummaryMessage(unpack(bytes) ?? bytes);
  assert(message.ok, 'only messages that were read are stored');
  return message.value;
}
