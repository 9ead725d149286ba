// SPDX-License-Identifier: Apache-2.0
// Which transactions may stand in the next block: those that change the ledger as the block before
// left it, at most one for each part of it, so that the order among them does not matter. What a
// proposer puts together and what the others accept is the same rule.

import { TielineError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import type { Suite } from '../../../base/suite.ts';
import type { MainLedger } from '../../ledger/main-ledger.ts';
import { transactionSubject } from '../../ledger/transaction-subject.ts';
import type { LedgerStore } from '../../store/ledger-store.ts';
import { factsOf } from '../facts.ts';
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
  if (transaction.kind === 'vouch') {
    return transaction.height === height ? undefined : 'vouch: the block it asked for is there';
  }
  const facts = await factsOf(ground, transaction);
  // Time is only written, never judged by.
  const { outcome, changes } = ground.ledger.judge(transaction, { ...facts, timeMs: 0 });
  if (changes.length > 0) return undefined;
  return outcome.kind === 'refused'
    ? `${outcome.code}: ${outcome.detail}`
    : `${outcome.kind}: it changes nothing`;
}

/** Those of the mempool that go into the next block, in their order. */
export async function chosenOf(
  ground: Ground,
  height: number,
  offered: { readonly transactions: readonly Uint8Array[]; readonly bytesMax: number },
): Promise<readonly Uint8Array[]> {
  const subjects = new Set<string>();
  const chosen: Uint8Array[] = [];
  let room = offered.bytesMax;
  for (const bytes of offered.transactions) {
    if (chosen.length >= limits.consensusTransactionsMax) break;
    const cost = bytes.length + overheadBytes;
    const decoded = decodeBlockTransaction(bytes);
    if (cost > room || !decoded.ok) continue;
    const subject = subjectOf(ground, decoded.value);
    if (subjects.has(subject)) continue;
    if ((await flawOf(ground, height, decoded.value)) !== undefined) continue;
    subjects.add(subject);
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
  const subjects = new Set<string>();
  for (const [i, bytes] of transactions.entries()) {
    const decoded = decodeBlockTransaction(bytes);
    if (!decoded.ok) return `transaction ${i}: ${decoded.code}: ${decoded.detail}`;
    const subject = subjectOf(ground, decoded.value);
    if (subjects.has(subject)) return `transaction ${i}: a second one of ${subject}`;
    subjects.add(subject);
    const flaw = await flawOf(ground, height, decoded.value);
    if (flaw !== undefined) return `transaction ${i}: ${decoded.value.kind}: ${flaw}`;
  }
  return undefined;
}

/** Tag and length of a transaction in the engine's list. */
const overheadBytes = 8;

function subjectOf({ suite }: Ground, transaction: BlockTransaction): string {
  return transaction.kind === 'vouch' ? 'vouch' : transactionSubject(suite, transaction);
}

/** A node that is behind knows less than the sender: it must not answer with what it lacks. */
export function behind(): TielineError {
  return new TielineError('ordering-behind', 'this node has not caught up with the others', {
    retry: 'transient',
  });
}
