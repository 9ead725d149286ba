// SPDX-License-Identifier: Apache-2.0
// Which transactions may stand in the next block: those that change the ledger as the block before
// left it, and that do not bear on each other, so that the order among them does not matter. What a
// proposer puts together and what the others accept is the same rule.

import { TielineError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import type { Suite } from '../../../base/suite.ts';
import type { AnyApplied, MainLedger } from '../../ledger/main-ledger.ts';
import type { LedgerStore } from '../../store/ledger-store.ts';
import { factsOf } from '../facts.ts';
import { BlockContents } from './block-contents.ts';
import { type BlockTransaction, decodeBlockTransaction } from './block-transaction.ts';

export type Ground = {
  readonly suite: Suite;
  readonly ledger: MainLedger;
  readonly store: LedgerStore;
};

/** Why a transaction has no place in the block after `height`; undefined where it has one. */
export async function flawOf(
  ground: Ground,
  height: number,
  transaction: BlockTransaction,
): Promise<string | undefined> {
  const judged = await judge(ground, height, transaction);
  return 'flaw' in judged ? judged.flaw : undefined;
}

/** Those of the mempool that go into the next block, in their order. */
export async function chosenOf(
  ground: Ground,
  height: number,
  offered: { readonly transactions: readonly Uint8Array[]; readonly bytesMax: number },
): Promise<readonly Uint8Array[]> {
  const contents = new BlockContents(ground.suite, ground.ledger.chainCount);
  const chosen: Uint8Array[] = [];
  let room = offered.bytesMax;
  for (const bytes of offered.transactions) {
    if (chosen.length >= limits.consensusTransactionsMax || contents.isFull) break;
    const cost = bytes.length + overheadBytes;
    const decoded = decodeBlockTransaction(bytes);
    if (cost > room || !decoded.ok) continue;
    // Before it is judged, which takes longer.
    if (contents.holdsSubjectOf(decoded.value)) continue;
    const judged = await judge(ground, height, decoded.value);
    if ('flaw' in judged || contents.add(decoded.value, judged) !== undefined) continue;
    chosen.push(bytes);
    room -= cost;
  }
  return chosen;
}

/** What is wrong with a proposed block; undefined where nothing is. */
export async function proposalFlaw(
  ground: Ground,
  height: number,
  transactions: readonly Uint8Array[],
): Promise<string | undefined> {
  if (transactions.length > limits.consensusTransactionsMax) return 'too many transactions';
  const contents = new BlockContents(ground.suite, ground.ledger.chainCount);
  for (const [i, bytes] of transactions.entries()) {
    const decoded = decodeBlockTransaction(bytes);
    if (!decoded.ok) return `transaction ${i}: ${decoded.code}: ${decoded.detail}`;
    const { kind } = decoded.value;
    const judged = await judge(ground, height, decoded.value);
    const flaw = 'flaw' in judged ? judged.flaw : contents.add(decoded.value, judged);
    if (flaw !== undefined) return `transaction ${i}: ${kind}: ${flaw}`;
  }
  return undefined;
}

/** Tag and length of a transaction in the engine's list. */
const overheadBytes = 8;

/** What it would change, or why nothing. */
async function judge(
  ground: Ground,
  height: number,
  transaction: BlockTransaction,
): Promise<Pick<AnyApplied, 'changes'> | { readonly flaw: string }> {
  if (transaction.kind === 'vouch') {
    if (transaction.height === height) return { changes: [] };
    return { flaw: 'vouch: the block it asked for is there' };
  }
  const facts = await factsOf(ground, transaction);
  // Time is only written, never judged by.
  const { outcome, changes } = ground.ledger.judge(transaction, { ...facts, timeMs: 0 });
  if (changes.length > 0) return { changes };
  const flaw =
    outcome.kind === 'refused'
      ? `${outcome.code}: ${outcome.detail}`
      : `${outcome.kind}: it changes nothing`;
  return { flaw };
}

/** A node that is behind knows less than the sender: it must not answer with what it lacks. */
export function behind(): TielineError {
  return new TielineError('ordering-behind', 'this node has not caught up with the others', {
    retry: 'transient',
  });
}
