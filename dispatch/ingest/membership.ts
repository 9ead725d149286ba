// SPDX-License-Identifier: Apache-2.0
// A change of members that arrived: what the ledger says of it, as the answer to its sender.

import type { Suite } from '../../base/suite.ts';
import { openMembershipMessage } from '../../sidechain/chain/membership-message.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { Reply } from './reply.ts';

/** `payload` is attacker-controlled; `chainId` is the one of its topic. */
export async function takeMembership(
  suite: Suite,
  ordering: Ordering,
  message: { readonly chainId: Uint8Array; readonly payload: Uint8Array },
): Promise<Reply> {
  const opened = openMembershipMessage(message.payload);
  if (!opened.ok) return { kind: 'refused', code: 'malformed', detail: opened.detail };
  const { chainId } = message;
  const outcome = await ordering.submit({ kind: 'membership', chainId, message: opened.value });
  if (outcome.kind === 'refused') return outcome;
  return { kind: 'noted', messageHash: suite.sha256(message.payload) };
}
