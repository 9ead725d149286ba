// SPDX-License-Identifier: Apache-2.0
// What a gateway's chain.db holds, read beside it or after its end: numbered batches, receipts,
// summaries.

import { toHex } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { decodeSummary } from '../../../contracts/summary.ts';
import type { Database } from '../../../host/sqlite.ts';
import { openAnchor } from '../../../sidechain/chain/anchor.ts';
import { decodeBatch } from '../../../sidechain/chain/batch.ts';
import { type BlockEntry, decodeBlock } from '../../../sidechain/chain/block.ts';
import { openEntry } from '../../../sidechain/chain/entry.ts';
import { decodeGap } from '../../../sidechain/chain/gap.ts';
import { decodeRefused } from '../../../sidechain/chain/own-outputs.ts';
import { acceptedEntries } from '../../../sidechain/chain/prove.ts';
import { decodeReceiptMessage } from '../../../sidechain/chain/receipt-message.ts';
import {
  lastBlock,
  type OutputRow,
  outputsOf,
  readBody,
} from '../../../sidechain/store/block-table.ts';
import { openChainDatabase } from '../../../sidechain/store/chain-file.ts';

export type BatchRecord = {
  /** SHA-256 of the signed entry, in hex. */
  readonly id: string;
  /** Key id, in hex. */
  readonly gateway: string;
  readonly sequence: number;
  readonly timeMs: number;
  readonly packs: readonly Uint8Array[];
};

/** Readings that a gateway says were not kept; numbered like a batch. */
export type GapRecord = Pick<BatchRecord, 'id' | 'gateway' | 'sequence'> & {
  readonly packCount: number;
};

export type ReceiptRecord = { readonly size: number; readonly anchor: Uint8Array };

export type ChainRecord = {
  readonly height: number;
  /** SHA-256 of the newest block's header, in hex. */
  readonly headHash: string;
  /** Those under an entry root, in order. */
  readonly batches: readonly BatchRecord[];
  readonly gaps: readonly GapRecord[];
  readonly receipts: readonly ReceiptRecord[];
  /** Blocks under the newest receipt. */
  readonly anchoredSize: number;
  readonly summaries: readonly OutputRow[];
  /** Reasons of what is in the log and does not count. */
  readonly refused: readonly string[];
  readonly outboxCount: number;
};

export async function readChainRecord(dataDir: string): Promise<ChainRecord> {
  const database = await openChainDatabase(dataDir, 'read-only');
  try {
    return await recordOf(database);
  } finally {
    await database.close();
  }
}

async function recordOf(database: Database): Promise<ChainRecord> {
  const last = await lastBlock(database);
  const height = last?.height ?? -1;
  const batches: BatchRecord[] = [];
  const gaps: GapRecord[] = [];
  const receipts: ReceiptRecord[] = [];
  const summaries: OutputRow[] = [];
  const refused: string[] = [];
  for (let at = 1; at <= height; at++) {
    const body = decodeBlock((await readBody(database, at)) ?? new Uint8Array());
    if (!body.ok) throw new Error(`block ${at}: ${body.detail}`);
    const outputs = await outputsOf(database, at);
    for (const given of acceptedEntries(body.value, outputs)) {
      batches.push(...batchIn(given));
      gaps.push(...gapIn(given));
      receipts.push(...receiptIn(given));
    }
    summaries.push(...outputs.filter(({ bytes }) => decodeSummary(bytes).ok));
    refused.push(...outputs.flatMap(({ bytes }) => decodeRefused(bytes)?.reason ?? []));
  }
  const [outbox] = await database.read('SELECT count(*) AS count FROM outbox');
  return {
    height,
    headHash: toHex(suite.sha256(last?.headerBytes ?? new Uint8Array())),
    batches,
    gaps,
    receipts,
    anchoredSize: receipts.at(-1)?.size ?? 0,
    summaries,
    refused,
    outboxCount: Number(outbox?.count),
  };
}

function batchIn({ entry, packs }: BlockEntry): readonly BatchRecord[] {
  const opened = openEntry(suite, entry);
  if (!opened.ok || opened.value.kind !== 'reading-batch') return [];
  const batch = decodeBatch(opened.value.payload);
  if (!batch.ok) return [];
  const { gateway, sequence, timeMs } = batch.value;
  const id = entryId(entry);
  return [{ id, gateway: toHex(gateway), sequence, timeMs, packs: packs?.packs ?? [] }];
}

function gapIn({ entry }: BlockEntry): readonly GapRecord[] {
  const opened = openEntry(suite, entry);
  if (!opened.ok || opened.value.kind !== 'gap') return [];
  const gap = decodeGap(opened.value.payload);
  if (!gap.ok) return [];
  const { gateway, sequence, packCount } = gap.value;
  return [{ id: entryId(entry), gateway: toHex(gateway), sequence, packCount }];
}

/** By which a signed entry is known here: SHA-256 of its bytes, in hex. */
export function entryId(entry: Uint8Array): string {
  return toHex(suite.sha256(entry));
}

function receiptIn({ entry }: BlockEntry): readonly ReceiptRecord[] {
  const opened = openEntry(suite, entry);
  if (!opened.ok || opened.value.kind !== 'receipt') return [];
  const message = decodeReceiptMessage(opened.value.payload);
  const anchor = message.ok ? openAnchor(message.value.anchor) : undefined;
  if (anchor?.ok !== true) return [];
  return [{ size: anchor.value.checkpoint.size, anchor: anchor.value.bytes }];
}
