// SPDX-License-Identifier: Apache-2.0
// An anchor that arrived: what the ledger says of it, as the answer to its sender.

import { equal } from '../../base/bytes.ts';
import { openAnchor } from '../../sidechain/chain/anchor.ts';
import { encodeReceiptMessage } from '../../sidechain/chain/receipt-message.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { Reply } from './reply.ts';

/** `payload` is attacker-controlled; `chainId` is the one of its topic. */
export async function takeAnchor(
  ordering: Ordering,
  message: { readonly chainId: Uint8Array; readonly payload: Uint8Array },
): Promise<Reply> {
  const opened = openAnchor(message.payload);
  if (!opened.ok) return { kind: 'refused', code: 'malformed', detail: opened.detail };
  const anchor = opened.value;
  if (!equal(anchor.chainId, message.chainId)) {
    const detail = 'sent on the topic of another chain';
    return { kind: 'refused', code: 'topic', detail };
  }
  const outcome = await ordering.submit({ kind: 'anchor', anchor });
  switch (outcome.kind) {
    case 'receipt':
    case 'stale': {
      const receipt = await ordering.receipt(outcome.logIndex, { from: outcome.from });
      return { kind: outcome.kind, message: encodeReceiptMessage(receipt) };
    }
    case 'base':
    case 'refused':
      return outcome;
  }
}
