// SPDX-License-Identifier: Apache-2.0
// The ordering of one organisation: one process, one SQLite file. Order of work: take all that
// waits, judge it, write it as one transaction, and only then say so. While one batch is written
// the next one gathers, so that many anchors share one fsync. Invariant: nothing is signed over a
// leaf that is not on the disk.

import { assert } from '../../base/assert.ts';
import { equal } from '../../base/bytes.ts';
import { formatCheckpoint, signCheckpoint } from '../../base/checkpoint.ts';
import { signRoot } from '../../base/cose-receipt.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { formatNote } from '../../base/note.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import type { Statement } from '../../host/sqlite.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import type { ReceiptMessage } from '../../sidechain/chain/receipt-message.ts';
import type { KeyPeriods } from '../../sidechain/chain/retired-key.ts';
import type { TrustMessage } from '../../sidechain/chain/trust.ts';
import type { ChainRecord } from '../ledger/chain-record.ts';
import { type CheckedAnchor, checkAhead } from '../ledger/checked-anchor.ts';
import type { Governance } from '../ledger/judge-governance.ts';
import type { AnyApplied, MainLedger } from '../ledger/main-ledger.ts';
import type { VerifyAll } from '../ledger/signed-ahead.ts';
import type { Change, Outcomes, Transaction } from '../ledger/transaction.ts';
import type { Keyring } from '../log-keyring.ts';
import { signedStatement } from '../store/hand-over-store.ts';
import type { LeafGroups } from '../store/leaf-groups.ts';
import { appendedLeaf, isHandOver, type LogHead } from '../store/ledger-changes.ts';
import type { LedgerStore } from '../store/ledger-store.ts';
import { loadLedger } from '../store/load-ledger.ts';
import { type Facts, factsOf } from './facts.ts';
import { mayHandOver, refuseKeysOfOthers } from './key-gate.ts';
import type { Ordering, OrderingStatus } from './ordering.ts';
import { proveHandOver } from './prove-hand-over.ts';
import { RecentAnchors } from './recent-anchors.ts';
import { SignedRoots } from './signed-roots.ts';
import { readTile, type Tile } from './tiles.ts';

type Waiting = {
  readonly transaction: Transaction;
  /** Signatures of an anchor, verified while others were written. */
  ahead: CheckedAnchor | undefined;
  /** Whether it may change the keys of the log. */
  readonly mayHandOver: boolean;
  readonly resolve: (outcome: AnyApplied['outcome']) => void;
  readonly reject: (error: unknown) => void;
};

export type EmbeddedOptions = {
  readonly suite: Suite;
  readonly store: LedgerStore;
  /** A key of the main log. */
  readonly signer: Signer;
  readonly keyring?: Keyring | undefined;
  readonly nowMs: () => number;
  /** Verifies the signatures of anchors, in threads; without it they are verified one by one. */
  readonly verifyAll?: VerifyAll | undefined;
  /**
   * Called once when a batch could not be written: memory is ahead of the disk, and the process
   * must end.
   */
  readonly onFailure: (error: unknown) => void;
};

export class EmbeddedOrdering implements Ordering {
  readonly #options: EmbeddedOptions;
  readonly #ledger: MainLedger;
  readonly #groups: LeafGroups;
  readonly #signedRoots: SignedRoots;
  readonly #recent = new RecentAnchors();
  /** What may be judged now. */
  readonly #waiting: Waiting[] = [];
  /** Those whose signatures are being verified. */
  readonly #checking = new Set<Waiting>();
  #durable: LogHead;
  /** Until the act that changes the keys is on the disk and the next key is at hand: nothing is signed before. */
  #handingOver: Promise<void> | undefined;
  #timeMs = 0;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  private constructor(options: EmbeddedOptions, ledger: MainLedger, groups: LeafGroups) {
    this.#options = options;
    this.#ledger = ledger;
    this.#groups = groups;
    this.#signedRoots = new SignedRoots(options.signer);
    this.#durable = { size: ledger.tree.size, root: ledger.tree.root() };
  }

  static async open(options: EmbeddedOptions): Promise<EmbeddedOrdering> {
    const { ledger, groups } = await loadLedger(options.suite, options.store);
    await options.keyring?.use(ledger.keyPeriods);
    return new EmbeddedOrdering(options, ledger, groups);
  }

  get mainLog(): MainLog {
    return this.#ledger.mainLog;
  }

  get keyPeriods(): KeyPeriods {
    return this.#ledger.keyPeriods;
  }

  get chainCount(): number {
    return this.#ledger.chainCount;
  }

  get status(): OrderingStatus {
    return { kind: 'embedded', state: 'ok' };
  }

  get governance(): Governance {
    return this.#ledger.governance;
  }

  chain(chainId: Uint8Array): ChainRecord | undefined {
    return this.#ledger.chain(chainId);
  }

  isRegistered(chain: ChainRecord): boolean {
    return this.#ledger.isRegistered(chain);
  }

  submit<T extends Transaction>(transaction: T): Promise<Outcomes[T['kind']]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#waiting.length + this.#checking.size >= limits.orderingPendingMax) {
      const busy = new TielineError('ordering-busy', 'the main log does not keep up', {
        retry: 'transient',
      });
      return Promise.reject(busy);
    }
    return new Promise((resolve, reject) => {
      // The outcome is of the transaction's kind: `#apply` calls what belongs to it.
      const waiting = { transaction, resolve: resolve as Waiting['resolve'], reject };
      this.#admit({ ...waiting, ahead: undefined, mayHandOver: this.#mayHandOver(transaction) });
    });
  }

  #mayHandOver(transaction: Transaction): boolean {
    return transaction.kind === 'govern' && mayHandOver(this.#options.suite, transaction.statement);
  }

  /** Anchors wait until their signatures are verified; nobody else waits for them. */
  #admit(waiting: Waiting): void {
    const { suite, verifyAll } = this.#options;
    const { transaction } = waiting;
    if (waiting.mayHandOver) {
      this.#admitHandOver(waiting);
      return;
    }
    const chain =
      transaction.kind === 'anchor' ? this.chain(transaction.anchor.chainId) : undefined;
    if (transaction.kind !== 'anchor' || chain === undefined || verifyAll === undefined) {
      this.#enqueue(waiting);
      return;
    }
    this.#whenChecked(
      waiting,
      checkAhead(suite, verifyAll, { anchor: transaction.anchor, chain }),
      (ahead) => {
        waiting.ahead = ahead;
        this.#enqueue(waiting);
      },
    );
  }

  /** Nothing is taken that would leave this node without a key to sign with. */
  #admitHandOver(waiting: Waiting): void {
    const { suite, keyring } = this.#options;
    const { governance, mainLog } = this;
    assert(waiting.transaction.kind === 'govern', 'only an act changes the keys');
    const { statement } = waiting.transaction;
    const gate = refuseKeysOfOthers(suite, statement, { governance, mainLog, keyring });
    this.#whenChecked(waiting, gate, (refused) => {
      if (refused === undefined) this.#enqueue(waiting);
      else waiting.resolve(refused);
    });
  }

  #whenChecked<T>(waiting: Waiting, check: Promise<T>, then: (found: T) => void): void {
    this.#checking.add(waiting);
    check.then(
      (found) => {
        this.#checking.delete(waiting);
        then(found);
      },
      (error: unknown) => {
        this.#checking.delete(waiting);
        waiting.reject(error);
      },
    );
  }

  #enqueue(waiting: Waiting): void {
    if (this.#failure !== undefined) {
      waiting.reject(this.#failure.error);
      return;
    }
    this.#waiting.push(waiting);
    this.#running ??= this.#run();
  }

  async receipt(logIndex: number, { from }: { readonly from: number }): Promise<ReceiptMessage> {
    const { store } = this.#options;
    await this.#handingOver;
    const statement = this.#recent.at(logIndex) ?? (await store.statementAt(logIndex));
    assert(statement !== undefined, 'what was taken is stored');
    const { keyPeriods } = this;
    // The keys of now sign no smaller log than the one that named them.
    const { fromSize } = keyPeriods.at(-1) ?? { fromSize: 0 };
    const size = Math.max(statement.receiptSize, from, fromSize);
    assert(size <= this.#durable.size, 'a receipt shows only what is on the disk');
    const { tree } = this.#ledger;
    const made = await this.#groups.around([logIndex, size - 1, from - 1], tree.size, () => {
      const log = { origin: this.mainLog.origin, size, root: tree.root(size) };
      const leaf = { index: logIndex, path: tree.inclusion(logIndex, size) };
      const receipt = this.#signedRoots.receipts(log)(leaf);
      const consistency = tree.consistency(from, size);
      return { anchor: statement.bytes, receipts: [receipt], from, consistency };
    });
    // While it was made the keys changed, and it may be by the next one for a size that is not its own.
    return this.keyPeriods === keyPeriods ? made : this.receipt(logIndex, { from });
  }

  async handOver(generation: number, { from }: { readonly from: number }): Promise<TrustMessage> {
    const { store } = this.#options;
    await this.#handingOver;
    const { tree } = this.#ledger;
    return proveHandOver({ store, tree, groups: this.#groups }, this.keyPeriods, {
      generation,
      from,
    });
  }

  async checkpoint(): Promise<string> {
    const { suite, signer } = this.#options;
    const { origin } = this.mainLog;
    const body = formatCheckpoint({ origin, ...this.#durable });
    return formatNote(body, [signCheckpoint(suite, origin, body, signer)]);
  }

  async consistency(from: number, to: number): Promise<readonly Uint8Array[]> {
    assert(to <= this.#durable.size, 'nothing is proven that is not on the disk');
    const { tree } = this.#ledger;
    return this.#groups.around([to - 1, from - 1], tree.size, () => tree.consistency(from, to));
  }

  tile(tile: Tile): Promise<Uint8Array | undefined> {
    const { store } = this.#options;
    const leafHashes = (group: number) => store.leafHashes(group);
    return readTile(tile, { tree: this.#ledger.tree, size: this.#durable.size, leafHashes });
  }

  async close(): Promise<void> {
    while (this.#running !== undefined || this.#checking.size > 0) {
      await this.#running;
      if (this.#checking.size > 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#batchCount());
      let applied: readonly AnyApplied[];
      try {
        const { store, suite } = this.#options;
        const known = { suite, ledger: this.#ledger, store };
        const facts = await Promise.all(
          batch.map(({ transaction }) => factsOf(known, transaction)),
        );
        applied = await this.#apply(batch, facts);
      } catch (error) {
        this.#fail(error, batch);
        break;
      }
      for (const [i, { resolve }] of batch.entries()) resolve((applied[i] as AnyApplied).outcome);
    }
    this.#running = undefined;
  }

  async #apply(batch: readonly Waiting[], facts: readonly Facts[]): Promise<readonly AnyApplied[]> {
    this.#timeMs = Math.max(this.#timeMs, this.#options.nowMs());
    const timeMs = this.#timeMs;
    const applied = batch.map(({ transaction, ahead }, i) =>
      this.#ledger.apply(transaction, { timeMs, ahead, ...(facts[i] as Facts) }),
    );
    const changes = applied.flatMap((one) => one.changes);
    if (changes.length === 0) return applied;
    for (const leaf of changes.map(appendedLeaf)) {
      if (leaf !== undefined) this.#groups.append(leaf.index, leaf.hash);
    }
    const { tree } = this.#ledger;
    const head = { size: tree.size, root: tree.root() };
    if (changes.some(isHandOver)) await this.#handOver(changes, head);
    else await this.#persist(changes, head);
    return applied;
  }

  async #persist(changes: readonly Change[], head: LogHead, more?: Statement[]): Promise<void> {
    await this.#options.store.persist(changes, head, more);
    this.#recent.keep(changes, head.size);
    this.#durable = head;
  }

  /** The ledger names the new keys from when the act was judged; who wants a signature waits for them. */
  async #handOver(changes: readonly Change[], head: LogHead): Promise<void> {
    const done = this.#persist(changes, head, [this.#signHandOver(head)]);
    this.#handingOver = done.then(() => this.#useNextKey());
    await this.#handingOver;
    this.#handingOver = undefined;
  }

  /** What waits, up to an act that may change the keys: the log that the old ones sign ends with it. */
  #batchCount(): number {
    const act = this.#waiting.findIndex((waiting) => waiting.mayHandOver);
    const upToAct = act === -1 ? this.#waiting.length : act + 1;
    return Math.min(upToAct, limits.orderingBatchMax);
  }

  /** The last that the old key signs. It is on the disk with the act, or neither is. */
  #signHandOver({ size, root }: LogHead): Statement {
    const { origin } = this.mainLog;
    return signedStatement(size, [signRoot({ origin, size, root }, this.#options.signer)]);
  }

  async #useNextKey(): Promise<void> {
    const { signer, keyring } = this.#options;
    await keyring?.use(this.keyPeriods);
    const { keys } = this.mainLog;
    if (keys.some(({ publicKey }) => equal(publicKey, signer.publicKey))) return;
    throw new TielineError('wrong-key', 'the key of the log that the act names is gone', {
      retry: 'fatal',
      hint: 'bring main-log-next.key back, as it was offered, and start again',
    });
  }

  #fail(error: unknown, batch: readonly Waiting[]): void {
    this.#failure = { error };
    for (const { reject } of [...batch, ...this.#waiting.splice(0)]) reject(error);
    this.#options.onFailure(error);
  }
}
