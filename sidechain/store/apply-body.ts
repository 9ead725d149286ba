// SPDX-License-Identifier: Apache-2.0
// Applies one block body to a ledger whose history is on disk: the one path for live blocks, for
// blocks applied again at a restart, and for an audit. Reads beforehand what judging the block will
// ask the history for.

import type { Suite } from '../../base/suite.ts';
import { openAnchor } from '../chain/anchor.ts';
import type { BlockBody } from '../chain/block.ts';
import { openEntry } from '../chain/entry.ts';
import type { Verdicts } from '../chain/judge.ts';
import type { AppliedBlock, Ledger } from '../chain/ledger.ts';
import { decodeReceiptMessage } from '../chain/receipt-message.ts';
import type { HeaderGroup, History } from './history.ts';

export type AppliedBody = {
  readonly block: AppliedBlock;
  /** The group of headers that the block completes. */
  readonly group: HeaderGroup | undefined;
};

export async function applyBody(
  suite: Suite,
  on: { readonly ledger: Ledger; readonly history: History },
  given: { readonly body: BlockBody; readonly verdicts: Verdicts },
): Promise<AppliedBody> {
  const { ledger, history } = on;
  const { body, verdicts } = given;
  // A receipt for less than is known already is refused without a look at the tree.
  const known = ledger.registry.receipt?.size ?? 0;
  const isAsked = (size: number): boolean => size > known && size <= history.tree.size;
  const sizes = receiptSizes(suite, body).filter(isAsked);
  const block = await history.ask({ sizes }, () => ledger.apply(body, verdicts));
  return { block, group: history.note(block.headerBytes) };
}

/**
 * A receipt is judged by the root that this chain had when it was anchored. Entries are
 * attacker-controlled.
 */
function receiptSizes(suite: Suite, body: BlockBody): readonly number[] {
  return body.entries.flatMap(({ entry, packs }) => {
    if (packs !== undefined) return [];
    const opened = openEntry(suite, entry);
    if (!opened.ok || opened.value.kind !== 'receipt') return [];
    const message = decodeReceiptMessage(opened.value.payload);
    const anchor = message.ok ? openAnchor(message.value.anchor) : undefined;
    return anchor?.ok === true ? [anchor.value.checkpoint.size] : [];
  });
}
