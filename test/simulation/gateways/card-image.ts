// SPDX-License-Identifier: Apache-2.0
// What a card holds, as far as members are judged by it: kept beside the file, and brought up to
// date where a transaction has touched it.

import { crc32 } from 'node:zlib';
import { assert } from '../../../base/assert.ts';
import type { Row, SqlValue } from '../../../host/sqlite.ts';
import type { Entry } from '../../../sidechain/raft/entry.ts';
import type { HardState } from '../../../sidechain/raft/storage.ts';
import { DurableImage } from '../member/durable-image.ts';
import type { CardFile, Touched } from './card-file.ts';

export type StoredBlock = {
  readonly height: number;
  /** Log index of its body. */
  readonly logIndex: number;
  /** Over the header. */
  readonly hash: number;
};

/** What a transaction has changed. */
export type Change = {
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
  readonly blocks: readonly StoredBlock[];
  /** Entries that came into the outbox. */
  readonly outbox: readonly Uint8Array[];
  /** Size of the checkpoint that was signed. */
  readonly cosignedSize: number | undefined;
};

export class CardImage extends DurableImage {
  /** By height. */
  blocks: StoredBlock[] = [];
  cosignedSize = 0;
  #outboxPosition = 0;

  static of(file: CardFile): CardImage {
    const image = new CardImage();
    const all: Touched = new Map([
      ['log', 1],
      ['block', 0],
      ['outbox', 1],
      ['hard_state', 1],
      ['cosigned', 1],
    ]);
    image.follow(file, all);
    return image;
  }

  get lastBlock(): StoredBlock {
    const last = this.blocks.at(-1);
    assert(last !== undefined, 'every chain has block 0');
    return last;
  }

  /** @returns what is new. */
  follow(file: CardFile, touched: Touched): Change {
    const entries = readEntries(file, touched.get('log'));
    const blocks = readBlocks(file, touched.get('block'));
    const hardState = touched.has('hard_state') ? readHardState(file) : undefined;
    if (hardState !== undefined) this.hardState = hardState;
    this.log.append(entries);
    const [first] = blocks;
    if (first !== undefined) this.blocks.splice(first.height, Infinity, ...blocks);
    if (blocks.length > 0) this.#standAt(this.lastBlock);
    const cosignedSize = touched.has('cosigned') ? readCosignedSize(file) : undefined;
    this.cosignedSize = cosignedSize ?? this.cosignedSize;
    return { hardState, entries, blocks, outbox: this.#readOutbox(file, touched), cosignedSize };
  }

  #standAt({ logIndex, hash }: StoredBlock): void {
    const term = this.log.term(logIndex) ?? 0;
    const ledger = { index: logIndex, term, hash, last: [] };
    this.applied = { ...this.applied, ledger };
  }

  #readOutbox(file: CardFile, touched: Touched): readonly Uint8Array[] {
    if (!touched.has('outbox')) return [];
    const sql = 'SELECT position, entry FROM outbox WHERE position > ? ORDER BY position';
    const rows = file.read(sql, [this.#outboxPosition]);
    this.#outboxPosition = Number(rows.at(-1)?.position ?? this.#outboxPosition);
    return rows.map(({ entry }) => bytesOf(entry));
  }
}

function readEntries(file: CardFile, from: number | undefined): readonly Entry[] {
  if (from === undefined) return [];
  const sql = 'SELECT idx, term, kind, data FROM log WHERE idx >= ? ORDER BY idx';
  return file.read(sql, [from]).map((row) => ({
    term: Number(row.term),
    index: Number(row.idx),
    kind: row.kind === 0 ? 'normal' : 'config',
    data: bytesOf(row.data),
  }));
}

function readBlocks(file: CardFile, from: number | undefined): readonly StoredBlock[] {
  if (from === undefined) return [];
  const sql = 'SELECT height, log_index, header FROM block WHERE height >= ? ORDER BY height';
  return file.read(sql, [from]).map((row) => ({
    height: Number(row.height),
    logIndex: Number(row.log_index),
    hash: crc32(bytesOf(row.header)),
  }));
}

function readHardState(file: CardFile): HardState | undefined {
  const row: Row | undefined = file.read('SELECT term, vote, commit_index FROM hard_state')[0];
  if (row === undefined) return undefined;
  return { term: Number(row.term), vote: Number(row.vote), commit: Number(row.commit_index) };
}

function readCosignedSize(file: CardFile): number | undefined {
  const row: Row | undefined = file.read('SELECT size FROM cosigned')[0];
  return row === undefined ? undefined : Number(row.size);
}

function bytesOf(value: SqlValue | undefined): Uint8Array {
  assert(value instanceof Uint8Array, 'a column of bytes');
  return value;
}
