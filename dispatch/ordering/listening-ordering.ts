// SPDX-License-Identifier: Apache-2.0
// An ordering that takes nothing yet: its ledger was brought back from a copy, and it listens to
// what gateways say of the log's size. One that holds a receipt of a longer log, under co-signatures
// that satisfy its chain's policy, shows that the copy is not the newest; then nothing is ever taken.

import { toHex } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import type { Log } from '../../host/log.ts';
import { checkAnchor } from '../../sidechain/chain/anchor.ts';
import type { Outcomes, Transaction, TransactionOf } from '../ledger/transaction.ts';
import type { Ordering } from './ordering.ts';
import { OrderingShell } from './ordering-shell.ts';

type Refused = { readonly kind: 'refused'; readonly code: string; readonly detail: string };

const listening: Refused = {
  kind: 'refused',
  code: 'restored',
  detail: 'this centre was restored from a copy, and listens whether it is the newest: send again',
};

export class ListeningOrdering extends OrderingShell {
  readonly #suite: Suite;
  readonly #size: number;
  readonly #log: Log;
  /** Chain to the size of the log that it holds a receipt of. */
  readonly #heard = new Map<string, number>();
  #open = false;

  /** `size` of the log as it was brought back. */
  constructor(
    inner: Ordering,
    options: { readonly suite: Suite; readonly size: number; readonly log: Log },
  ) {
    super(inner);
    this.#suite = options.suite;
    this.#size = options.size;
    this.#log = options.log;
  }

  /** What is wrong with it, if it is known. */
  get state(): 'open' | 'listening' | 'older' {
    if (this.#open) return 'open';
    return this.#heard.size > 0 ? 'older' : 'listening';
  }

  /** The time is over. False, and closed for good, where somebody holds a newer receipt. */
  open(): boolean {
    this.#open = this.#heard.size === 0;
    return this.#open;
  }

  override submit<T extends Transaction>(transaction: T): Promise<Outcomes[T['kind']]> {
    if (this.#open) return this.inner.submit(transaction);
    const refused = transaction.kind === 'anchor' ? this.#hear(transaction) : listening;
    // Each kind of transaction may be refused.
    return Promise.resolve(refused as Outcomes[T['kind']]);
  }

  #hear({ anchor }: TransactionOf<'anchor'>): Refused {
    const chain = this.inner.chain(anchor.chainId);
    const { receiptSize } = anchor.anchor;
    if (chain === undefined || receiptSize <= this.#size) return listening;
    if (!checkAnchor(this.#suite, anchor, chain).ok) return listening;
    const id = toHex(anchor.chainId);
    if (!this.#heard.has(id)) {
      this.#log.error('ledger-older', { chain: id, signed: receiptSize, here: this.#size });
    }
    this.#heard.set(id, receiptSize);
    const detail = `it holds a receipt of this log at size ${receiptSize}, not ${this.#size}`;
    return { kind: 'refused', code: 'log-rolled-back', detail };
  }
}
