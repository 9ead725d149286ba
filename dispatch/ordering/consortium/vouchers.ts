// SPDX-License-Identifier: Apache-2.0
// Gathers what the validators sign over the log, each node for itself, as their votes come in: by
// the time a block is decided, a node has seen the votes of more than two thirds, so it has their
// signatures without a further block that would carry them. A root counts as vouched for with as
// many signatures as the main genesis asks for, never with less.

import { assert } from '../../../base/assert.ts';
import { toHex } from '../../../base/bytes.ts';
import { TielineError } from '../../../base/errors.ts';
import type { ConsensusStore, VouchedRoot } from '../../store/consensus-store.ts';
import type { FinalRoot, Vouch } from './vote-extension.ts';

type Gathered = { readonly log: FinalRoot; readonly vouches: Map<string, Vouch> };

export class Vouchers {
  readonly #store: ConsensusStore;
  readonly #threshold: number;
  readonly #onFailure: (error: unknown) => void;
  /** For the newest root. */
  #gathered: Gathered | undefined;
  #newest: VouchedRoot | undefined;
  #waiting: (() => void)[] = [];
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(
    store: ConsensusStore,
    options: {
      readonly threshold: number;
      readonly newest: VouchedRoot | undefined;
      readonly onFailure: (error: unknown) => void;
    },
  ) {
    this.#store = store;
    this.#threshold = options.threshold;
    this.#newest = options.newest;
    this.#onFailure = options.onFailure;
  }

  static async open(
    store: ConsensusStore,
    options: { readonly threshold: number; readonly onFailure: (error: unknown) => void },
  ): Promise<Vouchers> {
    return new Vouchers(store, { ...options, newest: await store.newestVouched() });
  }

  /** Size of the largest log that enough have vouched for; 0 before there is one. */
  get size(): number {
    return this.#newest?.size ?? 0;
  }

  get newest(): VouchedRoot | undefined {
    return this.#newest;
  }

  /** A checked signature over the log as the newest block left it. */
  add(log: FinalRoot, vouch: Vouch): void {
    let gathered = this.#gathered;
    if (gathered?.log.size !== log.size || gathered.log.timeSeconds !== log.timeSeconds) {
      assert(gathered === undefined || gathered.log.size <= log.size, 'a log only grows');
      gathered = { log, vouches: new Map() };
      this.#gathered = gathered;
    }
    gathered.vouches.set(toHex(vouch.keyId), vouch);
    const count = gathered.vouches.size;
    const isKnown = this.#newest?.size === log.size && count <= this.#newest.vouches.length;
    if (count < this.#threshold || isKnown) return;
    const { size, timeSeconds } = log;
    const vouched = { size, timeSeconds, vouches: [...gathered.vouches.values()] };
    this.#newest = vouched;
    this.#writing = this.#writing
      .then(() => this.#store.keepVouched(vouched))
      .catch(this.#onFailure);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /**
   * The smallest log of at least this size that enough have vouched for; waits until there is one.
   * @throws TielineError `ordering-closed` when there will be none here any more.
   */
  async atLeast(size: number): Promise<VouchedRoot> {
    while (this.size < size) {
      if (this.#closed) throw new TielineError('ordering-closed', 'this node ends');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const { newest } = this;
    assert(newest !== undefined, 'what is vouched for has a size');
    // Written or not: the newest is larger, too.
    return (await this.#store.vouchedFrom(size)) ?? newest;
  }

  /** Whether anybody waits for a root that not enough have vouched for. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#waiting.splice(0)) wake();
    await this.#writing;
  }
}
