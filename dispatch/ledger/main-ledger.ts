// SPDX-License-Identifier: Apache-2.0
// The state machine of the main chain: the registry, who is enrolled, what was taken, and the RFC
// 9162 log over it (leaf 0 the genesis, then the hash of each anchor, record and act in order). Pure and
// deterministic: the same transactions with the same facts give the same log on every machine that
// keeps it. Invariant: what `apply` has done holds in memory at once; an ordering that cannot write
// its changes must end.

import { assert } from '../../base/assert.ts';
import { equal } from '../../base/bytes.ts';
import { refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { leafHash } from '../../base/merkle.ts';
import type { Suite } from '../../base/suite.ts';
import type { HistoryTree } from '../../base/tree.ts';
import type { Market } from '../../contracts/market.ts';
import { openMainGenesis } from '../../sidechain/chain/main-genesis.ts';
import { generationOf, type MainLog } from '../../sidechain/chain/main-log.ts';
import { openRecord } from '../../sidechain/chain/main-record.ts';
import { votesNeeded } from '../../sidechain/chain/main-registry.ts';
import { checkMembershipMessage } from '../../sidechain/chain/membership-message.ts';
import { mainLeafHash } from '../../sidechain/chain/receipt-message.ts';
import { checkReport, subjectOf } from '../../sidechain/chain/report.ts';
import type { KeyPeriods } from '../../sidechain/chain/retired-key.ts';
import type {
  AnchorContext,
  AnyContext,
  ApplyContext,
  RecordContext,
  ReportContext,
} from './apply-context.ts';
import type { ChainRecord } from './chain-record.ts';
import { ChainTable, type PackedChain } from './chain-table.ts';
import { centresOf, foundingGovernance } from './founding-governance.ts';
import { judgeAnchor } from './judge-anchor.ts';
import { judgeEnrolment } from './judge-enrolment.ts';
import { type Governance, judgeGovernance, type StoredGovernance } from './judge-governance.ts';
import { judgeRecord } from './judge-record.ts';
import { LedgerKeys } from './ledger-keys.ts';
import { OpenMarket } from './open-market.ts';
import { RecentRecords } from './recent-records.ts';
import { refused } from './refused.ts';
import type { Change, Leaf, Outcomes, Transaction, TransactionOf } from './transaction.ts';

export type Applied<Kind extends keyof Outcomes> = {
  readonly outcome: Outcomes[Kind];
  readonly changes: readonly Change[];
};

export type AnyApplied = { readonly [Kind in keyof Outcomes]: Applied<Kind> }[keyof Outcomes];

export class MainLedger {
  readonly tree: HistoryTree;
  readonly #suite: Suite;
  readonly #chains: ChainTable;
  /** Nothing that is done holds. */
  #isTrying = false;
  #governance: Governance;
  readonly #keys: LedgerKeys;
  /** Organisations whose chains may send, by name. */
  #centres: ReadonlySet<string>;
  readonly #market: OpenMarket;
  readonly #recentRecords = new RecentRecords();

  private constructor(
    suite: Suite,
    start: {
      readonly genesis: Uint8Array;
      readonly tree: HistoryTree;
      readonly chains: Iterable<PackedChain>;
      readonly governance: StoredGovernance | undefined;
      readonly market?: Market | undefined;
      readonly keyPeriods?: KeyPeriods;
    },
  ) {
    const genesis = openMainGenesis(suite, start.genesis);
    assert(genesis.ok, 'a main ledger starts from a checked genesis');
    this.#suite = suite;
    this.tree = start.tree;
    this.#governance = { ...foundingGovernance(genesis.value), ...start.governance };
    this.#centres = centresOf(this.#governance.registry);
    this.#chains = new ChainTable(start.chains);
    this.#market = new OpenMarket(genesis.value, start.market);
    this.#keys = new LedgerKeys(genesis.value.mainLog, start.keyPeriods);
  }

  /** A new ledger; its log holds the genesis. `tree` is empty. */
  static begin(
    suite: Suite,
    genesis: Uint8Array,
    tree: HistoryTree,
  ): { readonly ledger: MainLedger; readonly changes: readonly Change[] } {
    assert(tree.size === 0, 'a new log is empty');
    const ledger = new MainLedger(suite, { genesis, tree, chains: [], governance: undefined });
    const leaf = ledger.#append(leafHash(suite, genesis));
    return { ledger, changes: [{ kind: 'begun', genesis, leaf }] };
  }

  /** One that goes on from what was written. `tree` holds all leaves, the genesis among them. */
  static resume(
    suite: Suite,
    stored: {
      readonly genesis: Uint8Array;
      readonly tree: HistoryTree;
      readonly chains: Iterable<PackedChain>;
      readonly governance: StoredGovernance;
      readonly market: Market;
      readonly keyPeriods: KeyPeriods;
    },
  ): MainLedger {
    assert(stored.tree.size > 0, 'a log that goes on holds its genesis');
    return new MainLedger(suite, stored);
  }

  /** With the keys that count now. */
  get mainLog(): MainLog {
    return this.#keys.mainLog;
  }

  get keyPeriods(): KeyPeriods {
    return this.#keys.periods;
  }

  get chainCount(): number {
    return this.#chains.count;
  }

  get governance(): Governance {
    return this.#governance;
  }

  /** Whether what this chain sends may be taken: its centre is an organisation that may send. */
  isRegistered({ centre }: Pick<ChainRecord, 'centre'>): boolean {
    return this.#centres.has(centre);
  }

  chain(chainId: Uint8Array): ChainRecord | undefined {
    return this.#chains.get(chainId);
  }

  /** First of all a window of the market that is over by now is closed, whatever comes. */
  apply(transaction: Transaction, context: AnyContext): AnyApplied {
    const closed = this.#closeWindow(context);
    const applied = this.#apply(transaction, context);
    return { ...applied, changes: [...closed, ...applied.changes] } as AnyApplied;
  }

  #apply(transaction: Transaction, context: AnyContext): AnyApplied {
    switch (transaction.kind) {
      case 'enrol':
        return this.enrol(transaction, context);
      case 'anchor':
        return this.anchor(transaction, context);
      case 'report':
        return this.report(transaction, context);
      case 'membership':
        return this.membership(transaction);
      case 'govern':
        return this.govern(transaction, context);
      case 'record':
        return this.record(transaction, context);
    }
  }

  /** What `apply` would come to; the ledger stays as it is. */
  judge(transaction: Transaction, context: AnyContext): AnyApplied {
    this.#isTrying = true;
    try {
      return this.apply(transaction, context);
    } finally {
      this.#isTrying = false;
    }
  }

  enrol(transaction: TransactionOf<'enrol'>, { timeMs }: ApplyContext): Applied<'enrol'> {
    const main = { registry: this.#governance.registry, mainLogs: this.#keys.mainLogs };
    const judged = judgeEnrolment(this.#suite, transaction, main);
    if (!judged.ok) return refused(judged.code, judged.detail);
    const chain = judged.value;
    const { genesis, enrolment } = transaction;
    const known = this.chain(chain.chainId);
    if (known !== undefined) return this.#enrolAgain(known, chain.centre, enrolment);
    if (this.#chains.count >= limits.chainsMax) {
      return refused(
        'full',
        `${limits.chainsMax} chains are enrolled, which is all this log takes`,
      );
    }
    this.#set(chain);
    return {
      outcome: { kind: 'enrolled', chain, isNew: true },
      changes: [{ kind: 'enrolled', chain, genesis, enrolment, timeMs }],
    };
  }

  /** A chain whose centre is gone goes to the one that enrols it again; any other stays. */
  #enrolAgain(known: ChainRecord, centre: string, enrolment: Uint8Array): Applied<'enrol'> {
    if (this.isRegistered(known)) {
      return { outcome: { kind: 'enrolled', chain: known, isNew: false }, changes: [] };
    }
    const chain = { ...known, centre };
    this.#set(chain);
    const { chainId, centre: previousCentre } = known;
    return {
      outcome: { kind: 'enrolled', chain, isNew: false },
      changes: [{ kind: 'adopted', chainId, previousCentre, centre, enrolment }],
    };
  }

  anchor({ anchor }: TransactionOf<'anchor'>, context: AnchorContext): Applied<'anchor'> {
    const chain = this.chain(anchor.chainId);
    if (chain === undefined) {
      const detail = 'this chain is not enrolled here';
      return { outcome: { kind: 'refused', code: 'unknown-chain', detail }, changes: [] };
    }
    const { size, root } = anchor.checkpoint;
    const isNewest = size === chain.anchored?.size;
    const verdict = judgeAnchor(this.#suite, anchor, chain, {
      logSize: this.tree.size,
      isRegistered: this.isRegistered(chain),
      acceptedRoot: isNewest ? chain.anchored.root : context.acceptedRoot,
      ahead: context.ahead,
    });
    const from = anchor.anchor.receiptSize;
    switch (verdict.kind) {
      case 'append': {
        const leaf = this.#append(mainLeafHash(this.#suite, anchor.bytes));
        const anchored = { size, root, logIndex: leaf.index };
        this.#set({ ...chain, anchored });
        const { chainId, bytes } = anchor;
        const previousSize = chain.anchored?.size ?? 0;
        const { timeMs } = context;
        return {
          outcome: { kind: 'receipt', logIndex: leaf.index, from },
          changes: [{ kind: 'anchored', chainId, previousSize, anchored, bytes, leaf, timeMs }],
        };
      }
      case 'again':
      case 'stale': {
        assert(chain.anchored !== undefined, 'only what follows an anchor is old');
        const kind = verdict.kind === 'again' ? 'receipt' : 'stale';
        return { outcome: { kind, logIndex: chain.anchored.logIndex, from }, changes: [] };
      }
      case 'fork': {
        this.#set({ ...chain, quarantined: true });
        const { chainId, bytes } = anchor;
        const detail = `another root was accepted at size ${size}: the chain is quarantined`;
        return {
          outcome: { kind: 'refused', code: 'fork', detail },
          changes: [{ kind: 'quarantined', chainId, size, bytes, timeMs: context.timeMs }],
        };
      }
      case 'base':
      case 'refused':
        return { outcome: verdict, changes: [] };
    }
  }

  report(
    { chainId, report }: TransactionOf<'report'>,
    { timeMs, reportCount }: ReportContext,
  ): Applied<'report'> {
    const chain = this.chain(chainId);
    const judged =
      chain === undefined
        ? refuse('unknown-chain', 'this chain is not enrolled here')
        : checkReport(this.#suite, report, chain);
    if (chain === undefined || !judged.ok || reportCount >= limits.reportsPerMemberMax) {
      const full = refuse('full', `${reportCount} reports of this member are kept, which is all`);
      const { code, detail } = judged.ok ? full : judged;
      return { outcome: { kind: 'refused', code, detail }, changes: [] };
    }
    const { report: said, keyId: gateway, bytes } = report;
    const isKnown =
      said.kind !== 'evidence' || chain.distrusted.some((keyId) => equal(keyId, said.member));
    const distrusted = isKnown ? chain.distrusted : [...chain.distrusted, said.member];
    if (!isKnown) this.#set({ ...chain, distrusted });
    const subject = subjectOf(said);
    return {
      outcome: { kind: 'noted' },
      changes: [{ kind: 'reported', chainId, gateway, subject, bytes, distrusted, timeMs }],
    };
  }

  membership({ chainId, message }: TransactionOf<'membership'>): Applied<'membership'> {
    const chain = this.chain(chainId);
    const judged =
      chain === undefined
        ? refuse('unknown-chain', 'this chain is not enrolled here')
        : checkMembershipMessage(this.#suite, message, { ...chain, chainId, membership: chain });
    if (chain === undefined || !judged.ok) {
      const { code, detail } = judged.ok ? refuse('unknown-chain', '') : judged;
      return { outcome: { kind: 'refused', code, detail }, changes: [] };
    }
    const { members, persons, policy, version } = judged.value;
    if (version === chain.version) return { outcome: { kind: 'noted' }, changes: [] };
    const membership = { members, persons, policy, version };
    this.#set({ ...chain, ...membership });
    const { bytes } = message;
    const previousVersion = chain.version;
    return {
      outcome: { kind: 'noted' },
      changes: [{ kind: 'members-changed', chainId, previousVersion, membership, bytes }],
    };
  }

  govern({ statement }: TransactionOf<'govern'>, { timeMs }: ApplyContext): Applied<'govern'> {
    const governance = this.#governance;
    const verdict = judgeGovernance(this.#suite, statement, governance, this.mainLog.id);
    const needed = votesNeeded(governance.registry);
    switch (verdict.kind) {
      case 'refused':
        return { outcome: verdict, changes: [] };
      case 'taken': {
        const { version } = governance;
        return { outcome: { kind: 'taken', version, logIndex: verdict.logIndex }, changes: [] };
      }
      case 'pending': {
        const { proposal, added } = verdict;
        const outcome = { kind: 'pending', proposal, needed } as const;
        if (added === undefined) return { outcome, changes: [] };
        const others = governance.pending.filter(
          ({ organisation }) => organisation !== proposal.organisation,
        );
        this.#govern({ ...governance, pending: [...others, proposal] });
        const change: Change =
          added.kind === 'proposal'
            ? { kind: 'proposed', proposal, timeMs }
            : { kind: 'voted', proposalId: proposal.id, vote: added.vote, timeMs };
        return { outcome, changes: [change] };
      }
      case 'take': {
        const { registry, act, proposalId } = verdict;
        const leaf = this.#append(mainLeafHash(this.#suite, act));
        const previousVersion = governance.version;
        const version = previousVersion + 1;
        const newest = { proposalId, logIndex: leaf.index };
        const isHandOver = generationOf(registry) > generationOf(governance.registry) || undefined;
        this.#govern({ registry, version, pending: [], newest });
        const marked = { previousVersion, registry, isHandOver, act, leaf, timeMs };
        const outcome = { kind: 'taken', version, logIndex: leaf.index } as const;
        return { outcome, changes: [{ kind: 'registry-changed', ...marked }] };
      }
    }
  }

  record({ record }: TransactionOf<'record'>, context: RecordContext): Applied<'record'> {
    const opened = openRecord(record);
    if (!opened.ok) return refused('malformed', opened.detail);
    const hash = mainLeafHash(this.#suite, record);
    const known = this.#recentRecords.at(hash) ?? context.recordIndex;
    if (known !== undefined) {
      return { outcome: { kind: 'receipt', logIndex: known, isNew: false }, changes: [] };
    }
    const judged = judgeRecord(this.#suite, opened.value, {
      ...{ registry: this.#governance.registry, mainLogId: this.mainLog.id },
      chainOf: (id) => this.chain(id),
      named: context.named,
      // By the time of the order it may be over.
      isMarketFull: !this.#isTrying && this.#market.isFull,
      timeMs: this.#isTrying ? undefined : context.timeMs,
    });
    if (!judged.ok) return refused(judged.code, judged.detail);
    const { timeMs } = context;
    const { trade } = judged.value;
    if (trade?.kind === 'demand' && !this.#isTrying) this.#market.add(trade, timeMs);
    const leaf = this.#append(hash);
    if (!this.#isTrying) this.#recentRecords.keep(leaf);
    const { kind: recordKind } = opened.value;
    return {
      outcome: { kind: 'receipt', logIndex: leaf.index, isNew: true },
      changes: [{ kind: 'recorded', recordKind, bytes: record, leaf, timeMs, ...judged.value }],
    };
  }

  #closeWindow({ timeMs }: ApplyContext): readonly Change[] {
    // Time is only written by an order, never judged by before.
    const bytes = this.#isTrying ? undefined : this.#market.close(timeMs);
    if (bytes === undefined) return [];
    const leaf = this.#append(mainLeafHash(this.#suite, bytes));
    return [{ kind: 'window-closed', bytes, leaf, timeMs }];
  }

  #govern(governance: Governance): void {
    if (this.#isTrying) return;
    this.#governance = governance;
    this.#centres = centresOf(governance.registry);
    this.#keys.follow(governance.registry, this.tree.size);
  }

  #set(chain: ChainRecord): void {
    if (this.#isTrying) return;
    this.#chains.set(chain);
  }

  #append(hash: Uint8Array): Leaf {
    const index = this.tree.size;
    const groupHash = this.#isTrying ? undefined : this.tree.append(hash);
    return { index, hash, groupHash };
  }
}
