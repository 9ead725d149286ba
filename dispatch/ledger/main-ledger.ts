// SPDX-License-Identifier: Apache-2.0
// The state machine of the main chain: who is enrolled, which anchors were taken, and the RFC 9162
// log over them (leaf 0 the genesis, then the hash of each anchor in order). Pure and
// deterministic: the same transactions with the same facts give the same log on every machine that
// keeps it. Invariant: what `apply` has done holds in memory at once; an ordering that cannot write
// its changes must end.

import { assert } from '../../base/assert.ts';
import { equal, toHex } from '../../base/bytes.ts';
import { refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { leafHash } from '../../base/merkle.ts';
import type { Suite } from '../../base/suite.ts';
import type { HistoryTree } from '../../base/tree.ts';
import { type OpenMainGenesis, openMainGenesis } from '../../sidechain/chain/main-genesis.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import { checkMembershipMessage } from '../../sidechain/chain/membership-message.ts';
import { mainLeafHash } from '../../sidechain/chain/receipt-message.ts';
import { checkReport, subjectOf } from '../../sidechain/chain/report.ts';
import type { ChainRecord } from './chain-record.ts';
import type { CheckedAnchor } from './checked-anchor.ts';
import { judgeAnchor } from './judge-anchor.ts';
import { judgeEnrolment } from './judge-enrolment.ts';
import type { Change, Leaf, Outcomes, Transaction, TransactionOf } from './transaction.ts';

/**
 * What a transaction is judged with besides the ledger itself; the ordering decides them, alike for
 * all.
 */
export type ApplyContext = {
  /** Time of the order, not of the machine that applies. */
  readonly timeMs: number;
};

export type AnchorContext = ApplyContext & {
  /**
   * Root accepted from this chain at the anchor's size, which lies below its newest; undefined
   * where none.
   */
  readonly acceptedRoot: Uint8Array | undefined;
  /** Its signatures, where they were verified before: the outcome is the same without. */
  readonly ahead?: CheckedAnchor | undefined;
};

export type ReportContext = ApplyContext & {
  /** How many reports of this member are stored, of any chain's subject. */
  readonly reportCount: number;
};

/** What any transaction may need. */
export type AnyContext = AnchorContext & ReportContext;

export type Applied<Kind extends keyof Outcomes> = {
  readonly outcome: Outcomes[Kind];
  readonly changes: readonly Change[];
};

export type AnyApplied = { readonly [Kind in keyof Outcomes]: Applied<Kind> }[keyof Outcomes];

export class MainLedger {
  readonly tree: HistoryTree;
  readonly #suite: Suite;
  readonly #genesis: OpenMainGenesis;
  readonly #chains: Map<string, ChainRecord>;
  /** Nothing that is done holds. */
  #isTrying = false;

  private constructor(
    suite: Suite,
    start: { genesis: Uint8Array; tree: HistoryTree; chains: Iterable<ChainRecord> },
  ) {
    const genesis = openMainGenesis(suite, start.genesis);
    assert(genesis.ok, 'a main ledger starts from a checked genesis');
    this.#suite = suite;
    this.#genesis = genesis.value;
    this.tree = start.tree;
    this.#chains = new Map([...start.chains].map((chain) => [toHex(chain.chainId), chain]));
  }

  /** A new ledger; its log holds the genesis. `tree` is empty. */
  static begin(
    suite: Suite,
    genesis: Uint8Array,
    tree: HistoryTree,
  ): { readonly ledger: MainLedger; readonly changes: readonly Change[] } {
    assert(tree.size === 0, 'a new log is empty');
    const ledger = new MainLedger(suite, { genesis, tree, chains: [] });
    const leaf = ledger.#append(leafHash(suite, genesis));
    return { ledger, changes: [{ kind: 'begun', genesis, leaf }] };
  }

  /** One that goes on from what was written. `tree` holds all leaves, the genesis among them. */
  static resume(
    suite: Suite,
    stored: {
      readonly genesis: Uint8Array;
      readonly tree: HistoryTree;
      readonly chains: Iterable<ChainRecord>;
    },
  ): MainLedger {
    assert(stored.tree.size > 0, 'a log that goes on holds its genesis');
    return new MainLedger(suite, stored);
  }

  get mainLog(): MainLog {
    return this.#genesis.mainLog;
  }

  get chainCount(): number {
    return this.#chains.size;
  }

  chain(chainId: Uint8Array): ChainRecord | undefined {
    return this.#chains.get(toHex(chainId));
  }

  apply(transaction: Transaction, context: AnyContext): AnyApplied {
    switch (transaction.kind) {
      case 'enrol':
        return this.enrol(transaction, context);
      case 'anchor':
        return this.anchor(transaction, context);
      case 'report':
        return this.report(transaction, context);
      case 'membership':
        return this.membership(transaction);
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
    const judged = judgeEnrolment(this.#suite, transaction, this.#genesis);
    if (!judged.ok) {
      return {
        outcome: { kind: 'refused', code: judged.code, detail: judged.detail },
        changes: [],
      };
    }
    const { chain } = judged.value;
    const known = this.chain(chain.chainId);
    if (known !== undefined) {
      return { outcome: { kind: 'enrolled', chain: known, isNew: false }, changes: [] };
    }
    if (this.#chains.size >= limits.chainsMax) {
      const detail = `${limits.chainsMax} chains are enrolled, which is all this log takes`;
      return { outcome: { kind: 'refused', code: 'full', detail }, changes: [] };
    }
    this.#set(chain);
    const { genesis, enrolment } = transaction;
    return {
      outcome: { kind: 'enrolled', chain, isNew: true },
      changes: [{ kind: 'enrolled', chain, genesis, enrolment, timeMs }],
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

  #set(chain: ChainRecord): void {
    if (this.#isTrying) return;
    this.#chains.set(toHex(chain.chainId), chain);
  }

  #append(hash: Uint8Array): Leaf {
    const index = this.tree.size;
    const groupHash = this.#isTrying ? undefined : this.tree.append(hash);
    return { index, hash, groupHash };
  }
}
