// SPDX-License-Identifier: Apache-2.0
// An anchor that arrived: what the ledger says of it, as the answer to its sender.

import { equal } from '../../base/bytes.ts';
import { openAnchor } from '../../sidechain/chain/anchor.ts';
import { encodeReceiptMessage } from '../../sidechain/chain/receipt-message.ts';
import { type KeysSource, nextKeysFor } from './next-keys.ts';
import type { Reply } from './reply.ts';

/** `payload` is attacker-controlled; `chainId` is the one of its topic. */
export async function takeAnchor(
  source: KeysSource,
  message: { readonly chainId: Uint8Array; readonly payload: Uint8Array },
): Promise<Reply> {
  const { ordering } = source;
  const opened = openAnchor(message.payload);
  if (!opened.ok) return { kind: 'refused', code: 'malformed', detail: opened.detail };
  const anchor = opened.value;
  if (!equal(anchor.chainId, message.chainId)) {
    const detail = 'sent on the topic of another chain';
    return { kind: 'refused', code: 'topic', detail };
  }
  const outcome = await ordering.submit({ kind: 'anchor', anchor });
  // Whatever else is to be said, it could not be read before.
  const trust = await nextKeysFor(source, anchor);
  if (trust !== undefined) return outcome.kind === 'refused' ? { ...outcome, trust } : trust;
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
