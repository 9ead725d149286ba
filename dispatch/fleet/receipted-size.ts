// SPDX-License-Identifier: Apache-2.0
// What a receipt tells the chain that it is for.

import type { Suite } from '../../base/suite.ts';
import { openAnchor } from '../../sidechain/chain/anchor.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import { checkReceipts, decodeReceiptMessage } from '../../sidechain/chain/receipt-message.ts';

/** Size of the main log that it shows; undefined where it does not hold. Attacker-controlled. */
export function receiptedSize(
  suite: Suite,
  bytes: Uint8Array,
  mainLog: MainLog,
): number | undefined {
  const message = decodeReceiptMessage(bytes);
  if (!message.ok) return undefined;
  const anchor = openAnchor(message.value.anchor);
  if (!anchor.ok) return undefined;
  const { receipts } = message.value;
  const checked = checkReceipts(suite, anchor.value, { receipts, mainLog });
  return checked.ok ? checked.value.size : undefined;
}
