// SPDX-License-Identifier: Apache-2.0
// Summaries that arrived: taken where each is proven to be an output of a block under a checkpoint
// that the main log holds, and has the agreed form and nothing besides. What is not yet anchored is
// sent again later.

import { equal } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import { decodeSummary } from '../../contracts/summary.ts';
import {
  checkSummaryMessage,
  decodeSummaryMessage,
} from '../../sidechain/chain/summary-message.ts';
import type { ChainRecord } from '../ledger/chain-record.ts';
import type { LedgerStore } from '../store/ledger-store.ts';
import type { SummaryStore } from '../store/summary-store.ts';
import type { Refusal, Reply } from './reply.ts';

export type SummaryTaker = {
  readonly suite: Suite;
  readonly ledger: LedgerStore;
  readonly summaries: SummaryStore;
  readonly nowMs: () => number;
};

/**
 * `payload` is attacker-controlled, and kept as it was `received`; `chain` is the one of its topic.
 */
export async function takeSummary(
  taker: SummaryTaker,
  chain: ChainRecord,
  { payload, received }: { readonly payload: Uint8Array; readonly received: Uint8Array },
): Promise<Reply> {
  if (chain.quarantined) return no('quarantined', 'two histories of this chain were co-signed');
  const decoded = decodeSummaryMessage(payload);
  if (!decoded.ok) return no('malformed', decoded.detail);
  const message = decoded.value;
  if (!equal(message.chainId, chain.chainId)) {
    return no('topic', 'sent on the topic of another chain');
  }
  const root = await rootOf(taker, chain, message.size);
  if (root === undefined)
    return no('unanchored', `no checkpoint of size ${message.size} is anchored`);
  const checked = checkSummaryMessage(taker.suite, message, { chainId: chain.chainId, root });
  if (!checked.ok) return no(checked.code, checked.detail);
  for (const output of message.outputs) {
    const summary = decodeSummary(output.bytes);
    if (!summary.ok) return no('form', `output ${output.index}: ${summary.detail}`);
  }
  const { height } = checked.value.header;
  const kept = await taker.summaries.keep(
    { bytes: received, message, timeMs: taker.nowMs() },
    height,
  );
  if (kept === 'conflict') return no('conflict', `other outputs of block ${height} were taken`);
  return { kind: 'stored', height, indexes: message.outputs.map(({ index }) => index) };
}

/** The newest is in memory, and written before a summary that comes after it can be. */
function rootOf(
  { ledger }: SummaryTaker,
  { chainId, anchored }: ChainRecord,
  size: number,
): Uint8Array | undefined | Promise<Uint8Array | undefined> {
  return anchored?.size === size ? anchored.root : ledger.acceptedRoot(chainId, size);
}

function no(code: string, detail: string): Refusal {
  return { kind: 'refused', code, detail };
}
