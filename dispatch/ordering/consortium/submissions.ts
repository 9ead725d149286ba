// SPDX-License-Identifier: Apache-2.0
// Transactions on their way into a block, until a block decides them. The same bytes, submitted
// twice, have one outcome.

import { toHex } from '../../../base/bytes.ts';
import { TielineError } from '../../../base/errors.ts';
import type { Suite } from '../../../base/suite.ts';
import type { AnyApplied } from '../../ledger/main-ledger.ts';
import type { Transaction } from '../../ledger/transaction.ts';
import { transactionSubject } from '../../ledger/transaction-subject.ts';

type Outcome = AnyApplied['outcome'];

export type Submission = {
  readonly bytes: Uint8Array;
  readonly transaction: Transaction;
  readonly subject: string;
  readonly sinceMs: number;
  readonly promise: Promise<Outcome>;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
};

export class Submissions {
  readonly #suite: Suite;
  readonly #byHash = new Map<string, Submission>();

  constructor(suite: Suite) {
    this.#suite = suite;
  }

  get count(): number {
    return this.#byHash.size;
  }

  /** When the one that waits longest was submitted. */
  get oldestMs(): number | undefined {
    for (const { sinceMs } of this.#byHash.values()) return sinceMs;
    return undefined;
  }

  /** `isNew`: nobody has submitted these bytes before. */
  enter(
    transaction: Transaction,
    bytes: Uint8Array,
    nowMs: number,
  ): { readonly submission: Submission; readonly isNew: boolean } {
    const hash = this.#hash(bytes);
    const known = this.#byHash.get(hash);
    if (known !== undefined) return { submission: known, isNew: false };
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const subject = transactionSubject(this.#suite, transaction);
    const submission = { bytes, transaction, subject, sinceMs: nowMs, promise, resolve, reject };
    this.#byHash.set(hash, submission);
    return { submission, isNew: true };
  }

  /** A block has decided these bytes. */
  decide(bytes: Uint8Array, outcome: Outcome | undefined): Submission | undefined {
    const hash = this.#hash(bytes);
    const submission = this.#byHash.get(hash);
    if (submission === undefined || outcome === undefined) return undefined;
    this.#byHash.delete(hash);
    submission.resolve(outcome);
    return submission;
  }

  /** Those of a part of the ledger that a block has changed: what was true of them may not be now. */
  of(subjects: ReadonlySet<string>): readonly Submission[] {
    return this.all().filter(({ subject }) => subjects.has(subject));
  }

  all(): readonly Submission[] {
    return [...this.#byHash.values()];
  }

  fail(submission: Submission, error: unknown): void {
    this.#byHash.delete(this.#hash(submission.bytes));
    submission.reject(error);
  }

  /** Those that have waited longer than this. */
  expire(beforeMs: number): void {
    for (const submission of this.#byHash.values()) {
      if (submission.sinceMs >= beforeMs) break;
      this.fail(
        submission,
        new TielineError('ordering-stalled', 'no block has taken it: too few organisations run', {
          retry: 'transient',
        }),
      );
    }
  }

  failAll(error: unknown): void {
    for (const submission of this.all()) this.fail(submission, error);
  }

  #hash(bytes: Uint8Array): string {
    return toHex(this.#suite.sha256(bytes));
  }
}
