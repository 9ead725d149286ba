// SPDX-License-Identifier: Apache-2.0
// The ordering of several organisations that do not trust each other: each runs a node with an
// engine (CometBFT) beside it; a transaction is decided by a block that more than two thirds have
// voted for, and a receipt carries the signatures of as many as the main genesis asks for. What
// changes nothing is answered from this node's own ledger and never sent around.

import { assert } from '../../../base/assert.ts';
import { equal, toHex } from '../../../base/bytes.ts';
import { formatCheckpoint, signCheckpoint } from '../../../base/checkpoint.ts';
import { receiptOf } from '../../../base/cose-receipt.ts';
import { TielineError } from '../../../base/errors.ts';
import { keyIdOf } from '../../../base/ids.ts';
import { limits } from '../../../base/limits.ts';
import { formatNote } from '../../../base/note.ts';
import type { Suite } from '../../../base/suite.ts';
import type { MainLog } from '../../../sidechain/chain/main-log.ts';
import type { ReceiptMessage } from '../../../sidechain/chain/receipt-message.ts';
import type { KeyPeriods } from '../../../sidechain/chain/retired-key.ts';
import type { TrustMessage } from '../../../sidechain/chain/trust.ts';
import type { ChainRecord } from '../../ledger/chain-record.ts';
import type { Governance } from '../../ledger/judge-governance.ts';
import type { AnyApplied, MainLedger } from '../../ledger/main-ledger.ts';
import type { Outcomes, Transaction } from '../../ledger/transaction.ts';
import { encodeTransaction } from '../../ledger/transaction-codec.ts';
import type { ConsensusStore, StoredVouch, VouchedRoot } from '../../store/consensus-store.ts';
import type { LeafGroups } from '../../store/leaf-groups.ts';
import { loadLedger } from '../../store/load-ledger.ts';
import type { Ordering, OrderingParts, OrderingStatus } from '../ordering.ts';
import { readTile, type Tile } from '../tiles.ts';
import { Application, type Decided } from './application.ts';
import { encodeVouch } from './block-transaction.ts';
import type { ConsortiumGenesis } from './engine-genesis.ts';
import type { Broadcast, EnginePeer } from './engine-rpc.ts';
import { behind } from './proposals.ts';
import { rememberingSuite } from './remembering-suite.ts';
import { StateWatch } from './state-watch.ts';
import { type Submission, Submissions } from './submissions.ts';
import { vouchLine } from './vote-extension.ts';
import { Vouchers } from './vouchers.ts';

type Outcome = AnyApplied['outcome'];

/** The engine, as far as the ordering asks it. */
export type Engine = {
  broadcast(transaction: Uint8Array): Promise<Broadcast>;
  isCatchingUp(): Promise<boolean>;
  peers(): Promise<readonly EnginePeer[]>;
};

export type ConsortiumOptions = OrderingParts & {
  readonly consensus: ConsensusStore;
  readonly genesis: (mainLog: MainLog) => ConsortiumGenesis;
  readonly engine: Engine;
  readonly closeEngine: () => Promise<void>;
};

export class ConsortiumOrdering implements Ordering {
  readonly application: Application;
  readonly #options: ConsortiumOptions;
  readonly #suite: Suite;
  readonly #ledger: MainLedger;
  readonly #groups: LeafGroups;
  readonly #vouchers: Vouchers;
  readonly #submissions: Submissions;
  readonly #ticking: NodeJS.Timeout;
  readonly #watch: StateWatch;
  #awaitedSinceMs: number | undefined;
  #committedMs: number;
  #isBehind = true;
  #peers: readonly EnginePeer[] = [];
  #closed = false;

  private constructor(
    options: ConsortiumOptions,
    loaded: {
      readonly suite: Suite;
      readonly ledger: MainLedger;
      readonly groups: LeafGroups;
      readonly vouchers: Vouchers;
      readonly applied: ConstructorParameters<typeof Application>[1];
    },
  ) {
    const { suite, ledger, groups, vouchers, applied } = loaded;
    const { store, signer, log, clock } = options;
    this.#options = options;
    this.#suite = suite;
    this.#ledger = ledger;
    this.#groups = groups;
    this.#vouchers = vouchers;
    this.#submissions = new Submissions(suite);
    this.#watch = new StateWatch(log);
    this.#committedMs = clock.monotonicMs();
    const genesis = options.genesis(ledger.mainLog);
    const onCommitted = (decided: readonly Decided[]) => this.#committed(decided);
    this.application = new Application(
      { suite, ledger, store, groups, genesis, vouchers, signer, log, onCommitted },
      applied,
    );
    this.#ticking = setInterval(() => this.#tick(), limits.consensusTickMs);
  }

  /** @throws TielineError `ledger-*`, `engine-genesis` */
  static async open(options: ConsortiumOptions): Promise<ConsortiumOrdering> {
    const suite = rememberingSuite(options.suite);
    const { ledger, groups } = await loadLedger(suite, options.store);
    const applied = await options.consensus.applied();
    if (applied === undefined) {
      throw new TielineError('ledger-alone', 'one organisation alone keeps this ledger', {
        hint: 'take `consortium` out of dispatch.yaml; a consortium begins with a log of its own',
      });
    }
    const { threshold } = ledger.mainLog;
    const { consensus, onFailure } = options;
    const vouchers = await Vouchers.open(consensus, { threshold, onFailure });
    return new ConsortiumOrdering(options, { suite, ledger, groups, vouchers, applied });
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

  get governance(): Governance {
    return this.#ledger.governance;
  }

  isRegistered(chain: ChainRecord): boolean {
    return this.#ledger.isRegistered(chain);
  }

  chain(chainId: Uint8Array): ChainRecord | undefined {
    return this.#ledger.chain(chainId);
  }

  get status(): Extract<OrderingStatus, { readonly kind: 'consortium' }> {
    const { clock } = this.#options;
    const { oldestMs } = this.#submissions;
    const nowMs = clock.monotonicMs();
    const names = this.mainLog.keys.map(({ name }) => name);
    const connected = this.#peers.map(({ name }) => name).filter((name) => names.includes(name));
    const waitedMs = Math.max(
      0,
      ...[oldestMs, this.#awaitedSinceMs].map((ms) => (ms === undefined ? 0 : nowMs - ms)),
    );
    const sinceBlockMs = nowMs - this.#committedMs;
    const isStalled = Math.min(waitedMs, sinceBlockMs) > limits.consensusStalledMs;
    const isShort = connected.length + 1 < this.mainLog.threshold;
    return {
      kind: 'consortium',
      state: isShort || isStalled ? 'stalled' : this.#isBehind ? 'behind' : 'ok',
      height: this.application.applied.height,
      ...this.application.primary,
      appHash: toHex(this.application.applied.appHash),
      size: this.application.head.size,
      vouchedSize: this.#vouchers.size,
      organisations: names,
      connected,
      needed: this.mainLog.threshold,
      waiting: this.#submissions.count,
      refused: this.application.refused,
    };
  }

  async submit<T extends Transaction>(transaction: T): Promise<Outcomes[T['kind']]> {
    return (await this.#submit(transaction)) as Outcomes[T['kind']];
  }

  async receipt(logIndex: number, { from }: { readonly from: number }): Promise<ReceiptMessage> {
    const statement = await this.#options.store.statementAt(logIndex);
    assert(statement !== undefined, 'what was taken is stored');
    const vouched = await this.#vouched(Math.max(statement.receiptSize, from));
    const { size } = vouched;
    const { tree } = this.#ledger;
    return this.#groups.around([logIndex, size - 1, from - 1], tree.size, () => {
      const log = { origin: this.mainLog.origin, size, root: tree.root(size) };
      const leaf = { index: logIndex, path: tree.inclusion(logIndex, size) };
      const receipts = this.#inOrder(vouched).map(([, vouch]) => receiptOf(log, leaf, vouch));
      const consistency = tree.consistency(from, size);
      return { anchor: statement.bytes, receipts, from, consistency };
    });
  }

  /** @throws TielineError `hand-over`: the keys of a log that several keep do not change yet. */
  handOver(): Promise<TrustMessage> {
    return Promise.reject(new TielineError('hand-over', 'the keys of this log never changed'));
  }

  async checkpoint(): Promise<string> {
    const suite = this.#suite;
    const { signer } = this.#options;
    const vouched = this.#vouchers.newest ?? (await this.#vouched(1));
    const { size, timeSeconds } = vouched;
    const { tree } = this.#ledger;
    const { origin } = this.mainLog;
    return this.#groups.around([size - 1], tree.size, () => {
      const log = { origin, size, root: tree.root(size), timeSeconds };
      const body = formatCheckpoint(log);
      const lines = this.#inOrder(vouched).map(([publicKey, vouch]) =>
        vouchLine(suite, log, { ...vouch, publicKey }),
      );
      return formatNote(body, [signCheckpoint(suite, origin, body, signer), ...lines]);
    });
  }

  async consistency(from: number, to: number): Promise<readonly Uint8Array[]> {
    assert(to <= this.#vouchers.size, 'nothing is proven that is not vouched for');
    const { tree } = this.#ledger;
    return this.#groups.around([to - 1, from - 1], tree.size, () => tree.consistency(from, to));
  }

  tile(tile: Tile): Promise<Uint8Array | undefined> {
    const { store } = this.#options;
    const leafHashes = (group: number) => store.leafHashes(group);
    return readTile(tile, { tree: this.#ledger.tree, size: this.#vouchers.size, leafHashes });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#ticking);
    this.#submissions.failAll(new TielineError('ordering-closed', 'this node ends'));
    await this.#options.closeEngine();
    await this.#vouchers.close();
  }

  /** As the main genesis has the keys. */
  #inOrder({ vouches }: VouchedRoot): readonly (readonly [Uint8Array, StoredVouch])[] {
    return this.mainLog.keys.flatMap(({ publicKey }) => {
      const keyId = keyIdOf(this.#suite, publicKey);
      const vouch = vouches.find((one) => equal(one.keyId, keyId));
      return vouch === undefined ? [] : [[publicKey, vouch] as const];
    });
  }

  async #vouched(size: number): Promise<VouchedRoot> {
    if (this.#vouchers.size < size) this.#awaitedSinceMs ??= this.#options.clock.monotonicMs();
    const vouched = await this.#vouchers.atLeast(size);
    if (!this.#vouchers.isAwaited) this.#awaitedSinceMs = undefined;
    return vouched;
  }

  async #submit(transaction: Transaction): Promise<Outcome> {
    if (this.#closed) throw new TielineError('ordering-closed', 'this node ends');
    const settled = await this.#settled(transaction);
    if (settled !== undefined) return settled;
    if (this.#isBehind) throw behind();
    if (this.#submissions.count >= limits.orderingPendingMax) throw busy('too many wait');
    const bytes = encodeTransaction(transaction);
    const nowMs = this.#options.clock.monotonicMs();
    const { submission, isNew } = this.#submissions.enter(transaction, bytes, nowMs);
    if (isNew) void this.#broadcast(submission);
    return submission.promise;
  }

  /** The outcome of a transaction that changes nothing; undefined where a block has to decide. */
  async #settled(transaction: Transaction): Promise<Outcome | undefined> {
    const { outcome, changes } = await this.application.judge(transaction);
    if (changes.length > 0) return undefined;
    // Whoever holds a receipt of a log larger than ours has it from a node that is ahead of us.
    const isAhead = outcome.kind === 'refused' && outcome.code === 'log-rolled-back';
    if (isAhead || (this.#isBehind && outcome.kind === 'refused')) throw behind();
    return outcome;
  }

  async #broadcast(submission: Submission): Promise<void> {
    try {
      const answer = await this.#options.engine.broadcast(submission.bytes);
      if (answer.kind === 'taken') return;
      const settled = await this.#settled(submission.transaction);
      if (settled !== undefined) this.#submissions.decide(submission.bytes, settled);
      else this.#submissions.fail(submission, busy(answer.detail));
    } catch (error) {
      this.#submissions.fail(submission, error);
    }
  }

  #committed(decided: readonly Decided[]): void {
    this.#committedMs = this.#options.clock.monotonicMs();
    const changed = new Set<string>();
    for (const { bytes, outcome, subject } of decided) {
      this.#submissions.decide(bytes, outcome);
      if (subject !== undefined) changed.add(subject);
    }
    const isForAll = decided.some(({ changesRights }) => changesRights);
    const doubtful = isForAll ? this.#submissions.all() : this.#submissions.of(changed);
    for (const submission of doubtful) void this.#judgeAgain(submission);
  }

  async #judgeAgain(submission: Submission): Promise<void> {
    try {
      const settled = await this.#settled(submission.transaction);
      if (settled !== undefined) this.#submissions.decide(submission.bytes, settled);
    } catch (error) {
      this.#submissions.fail(submission, error);
    }
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#submissions.expire(nowMs - limits.consensusWaitMs);
    void this.look().catch((error: unknown) => {
      this.#options.log.debug('engine-silent', { error });
    });
    const since = this.#awaitedSinceMs;
    if (since === undefined || nowMs - since < limits.vouchAskMs) return;
    // Nothing else is to be ordered, and the votes of the block that was did not bring enough.
    const ask = encodeVouch(this.application.applied.height);
    this.#options.engine.broadcast(ask).catch((error: unknown) => {
      this.#options.log.debug('vouch-not-asked', { error });
    });
  }

  /** Asks the engine how it stands. */
  async look(): Promise<void> {
    const { engine } = this.#options;
    this.#isBehind = await engine.isCatchingUp();
    this.#peers = await engine.peers();
    this.#watch.see(this.status, this.#options.clock.monotonicMs());
  }
}

function busy(detail: string): TielineError {
  return new TielineError('ordering-busy', `the consortium does not keep up: ${detail}`, {
    retry: 'transient',
  });
}
