// SPDX-License-Identifier: Apache-2.0
// A chain that does what it should, whatever befalls the others: a block of summaries, an anchor until
// it has its receipt, the summaries until they are stored. It keeps what it was promised.

import { toHex } from '../../base/bytes.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import type { Answer } from '../../sidechain/chain/answer.ts';
import {
  type CheckedReceipt,
  checkReceiptMessage,
  decodeReceiptMessage,
} from '../../sidechain/chain/receipt-message.ts';
import { sleep } from '../system/harness/until.ts';
import { type FakeChain, startMs, windowMs } from '../unit/dispatch/fake-chain.ts';
import type { Post } from './post.ts';

const pauseMs = 400;
/** What may be refused to who did nothing wrong: it is sent again. */
const passing: ReadonlySet<string> = new Set(['unanchored', 'full']);

export class HonestChain {
  readonly chain: FakeChain;
  readonly #post: Post;
  /** Anchors that it has receipts for, in hex, and their places on the main log. */
  readonly receipts = new Map<string, number>();
  /** `<height>-<index>` of summaries that were answered as stored. */
  readonly stored = new Set<string>();
  /** What was done to it and should not be. */
  readonly flaws: string[] = [];
  #previous: CheckedReceipt | undefined;
  #anchoredSize = 0;

  constructor(chain: FakeChain, post: Post) {
    this.chain = chain;
    this.#post = post;
  }

  get id(): string {
    return toHex(this.chain.chainId);
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.report();
      await sleep(pauseMs);
    }
  }

  /** One block of two summaries, anchored and stored. */
  async report(): Promise<void> {
    const { chain } = this;
    const when = { windowStartMs: startMs + chain.size * windowMs };
    const height = chain.addSummaries(when, { ...when, device: 'b' });
    await this.anchor();
    const answer = await this.#post.ask(
      chain.chainId,
      'summary',
      chain.summaries(height),
      (one) => (one.kind === 'stored' && one.height === height) || this.#isRefusal(one),
    );
    if (answer.kind !== 'stored') return;
    for (const index of answer.indexes) this.stored.add(`${height}-${index}`);
  }

  /** Until it has the receipt for all that it has. */
  async anchor(options: { readonly cosigners?: readonly number[] } = {}): Promise<void> {
    const { chain } = this;
    for (;;) {
      const from = this.#anchoredSize;
      const receiptSize = this.#previous?.size ?? 0;
      const bytes = chain.anchor({ from, receiptSize, ...options });
      const answer = await this.#post.ask(
        chain.chainId,
        'anchor',
        bytes,
        (one) =>
          (one.kind === 'receipt' && this.#isReceiptFor(bytes, one.message)) ||
          one.kind === 'base' ||
          this.#isRefusal(one),
      );
      if (answer.kind === 'refused') throw new Error(this.flaws.at(-1));
      if (answer.kind === 'receipt') return;
      if (answer.kind === 'base') this.#anchoredSize = answer.size;
    }
  }

  #isRefusal(answer: Answer): boolean {
    if (answer.kind !== 'refused' || passing.has(answer.code)) return false;
    // What others send in its name is refused to its topic, too.
    if (answer.code !== 'quarantined' && answer.code !== 'log-rolled-back') return false;
    this.flaws.push(`${this.id} was refused: ${answer.code}: ${answer.detail}`);
    return true;
  }

  #isReceiptFor(bytes: Uint8Array, message: Uint8Array): boolean {
    const decoded = decodeReceiptMessage(message);
    if (!decoded.ok || Buffer.compare(decoded.value.anchor, bytes) !== 0) return false;
    const previous = decoded.value.from === 0 ? undefined : this.#previous;
    const { mainLog } = this.#post;
    const checked = checkReceiptMessage(suite, decoded.value, { mainLog, previous });
    if (!checked.ok) {
      this.flaws.push(`a receipt of ${this.id} does not hold: ${checked.detail}`);
      return false;
    }
    const known = this.receipts.get(toHex(bytes));
    if (known !== undefined && known !== checked.value.index) {
      this.flaws.push(`${this.id} has one anchor in two places: ${known}, ${checked.value.index}`);
    }
    this.receipts.set(toHex(bytes), checked.value.index);
    this.#previous = checked.value;
    this.#anchoredSize = this.chain.size;
    return true;
  }
}
