// SPDX-License-Identifier: Apache-2.0
// What one block holds so far, and what has a place beside it. Every transaction of a block is
// judged by the ledger as the block before left it. So no two may be about one subject; a change of
// the registry, by which all others are judged, stands alone; and new chains are no more than there
// is room for. Then each comes to the same in whatever order they are applied.

import { limits } from '../../../base/limits.ts';
import type { Suite } from '../../../base/suite.ts';
import type { Change } from '../../ledger/transaction.ts';
import { changesRights, transactionSubject } from '../../ledger/transaction-subject.ts';
import type { BlockTransaction } from './block-transaction.ts';

export class BlockContents {
  readonly #suite: Suite;
  readonly #subjects = new Set<string>();
  #chainCount: number;
  #isFull = false;

  /** @param chainCount how many chains the ledger has before this block. */
  constructor(suite: Suite, chainCount: number) {
    this.#suite = suite;
    this.#chainCount = chainCount;
  }

  /** Nothing has a place beside what is there. */
  get isFull(): boolean {
    return this.#isFull;
  }

  holdsSubjectOf(transaction: BlockTransaction): boolean {
    return this.#subjects.has(this.#subjectOf(transaction));
  }

  /**
   * Why it has no place beside the others; undefined where it has one, and now is in the block.
   * `changes`: what it comes to by itself.
   */
  add(
    transaction: BlockTransaction,
    { changes }: { readonly changes: readonly Change[] },
  ): string | undefined {
    const subject = this.#subjectOf(transaction);
    if (this.#subjects.has(subject)) return `a second one of ${subject}`;
    const isAlone = changesRights(changes);
    if (this.#isFull || (isAlone && this.#subjects.size > 0)) {
      return 'a change of the registry stands in a block alone';
    }
    const newChains = changes.filter(({ kind }) => kind === 'enrolled').length;
    if (this.#chainCount + newChains > limits.chainsMax) {
      return 'more new chains than there is room for';
    }
    this.#chainCount += newChains;
    this.#subjects.add(subject);
    this.#isFull = isAlone;
    return undefined;
  }

  #subjectOf(transaction: BlockTransaction): string {
    return transaction.kind === 'vouch' ? 'vouch' : transactionSubject(this.#suite, transaction);
  }
}
