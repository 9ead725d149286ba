// SPDX-License-Identifier: Apache-2.0
// A member's report of the others that arrived: what the ledger says of it, as the answer to its
// sender.

import type { Suite } from '../../base/suite.ts';
import { openReport } from '../../sidechain/chain/report.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { Reply } from './reply.ts';

/** `payload` is attacker-controlled; `chainId` is the one of its topic. */
export async function takeReport(
  suite: Suite,
  ordering: Ordering,
  message: { readonly chainId: Uint8Array; readonly payload: Uint8Array },
): Promise<Reply> {
  const opened = openReport(message.payload);
  if (!opened.ok) return { kind: 'refused', code: 'malformed', detail: opened.detail };
  const { chainId } = message;
  const outcome = await ordering.submit({ kind: 'report', chainId, report: opened.value });
  if (outcome.kind === 'refused') return outcome;
  return { kind: 'noted', messageHash: suite.sha256(message.payload) };
}
