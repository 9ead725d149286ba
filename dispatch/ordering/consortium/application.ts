// SPDX-License-Identifier: Apache-2.0
// The main ledger as an application of the engine (ABCI 2.0). A block is applied in memory when it
// is decided and written when it is committed, with its height and hash in the same transaction;
// after a kill the engine asks what is on the disk, and plays the rest again. Time is the block's.
// Invariant: nothing is signed over a root that is not on the disk.

import { assert } from '../../../base/assert.ts';
import { equal, fromUtf8, toHex } from '../../../base/bytes.ts';
import { TielineError } from '../../../base/errors.ts';
import type { Signer } from '../../../base/suite.ts';
import type { Log } from '../../../host/log.ts';
import type { AnyApplied } from '../../ledger/main-ledger.ts';
import type { Change, Transaction } from '../../ledger/transaction.ts';
import { changesRights, transactionSubject } from '../../ledger/transaction-subject.ts';
import { type AppliedBlock, nextBlock } from '../../store/consensus-store.ts';
import type { LeafGroups } from '../../store/leaf-groups.ts';
import { appendedLeaf, type LogHead } from '../../store/ledger-changes.ts';
import { factsOf } from '../facts.ts';
import { appHash, nextStateHash } from './app-hash.ts';
import { decodeBlockTransaction } from './block-transaction.ts';
import { type ConsortiumGenesis, sameAppState } from './engine-genesis.ts';
import { chosenOf, flawOf, type Ground, proposalFlaw } from './proposals.ts';
import { checkExtension, encodeExtension, type FinalRoot, vouchFor } from './vote-extension.ts';
import type { Vouchers } from './vouchers.ts';

/** A transaction of a decided block, what it was about and what came of it, where it can be read. */
export type Decided = {
  readonly bytes: Uint8Array;
  readonly subject: string | undefined;
  readonly outcome: AnyApplied['outcome'] | undefined;
  /** What is true of transactions of any subject may not be any more. */
  readonly changesRights: boolean;
};

export type ApplicationOptions = Ground & {
  readonly groups: LeafGroups;
  readonly genesis: ConsortiumGenesis;
  readonly vouchers: Vouchers;
  /** The key of this organisation. */
  readonly signer: Signer;
  readonly log: Log;
  /** A block is on the disk. */
  readonly onCommitted: (decided: readonly Decided[]) => void;
};

/** Whose turn it was: null before this process has seen a block. */
export type Primary = {
  /** The organisation that proposed the newest block. */
  readonly proposer: string | null;
  /** In which round the block before it was decided: 0 where the first whose turn it was did it. */
  readonly round: number | null;
};

type Pending = {
  readonly block: AppliedBlock;
  readonly head: LogHead;
  readonly changes: readonly Change[];
  readonly decided: readonly Decided[];
};

export class Application {
  readonly #options: ApplicationOptions;
  #applied: AppliedBlock;
  #head: LogHead;
  #pending: Pending | undefined;
  #written = Promise.withResolvers<void>();
  readonly #refusals = new Map<string, number>();
  #primary: Primary = { proposer: null, round: null };

  constructor(options: ApplicationOptions, applied: AppliedBlock) {
    const { tree } = options.ledger;
    this.#options = options;
    this.#applied = applied;
    this.#head = { size: tree.size, root: tree.root() };
  }

  /** The newest block on the disk. */
  get applied(): AppliedBlock {
    return this.#applied;
  }

  get head(): LogHead {
    return this.#head;
  }

  get primary(): Primary {
    return this.#primary;
  }

  /** What validators did that was refused: `<what>/<organisation>` and how often. */
  get refused(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refusals);
  }

  /** @throws TielineError `engine-genesis` where the engine begins another chain. */
  begin(appStateBytes: Uint8Array): Uint8Array {
    const { ledger, genesis } = this.#options;
    const text = fromUtf8(appStateBytes) ?? '';
    if (this.#applied.height !== 0 || !sameAppState(text, ledger.mainLog, genesis)) {
      throw new TielineError('engine-genesis', 'the engine begins the chain of another main log', {
        retry: 'fatal',
        hint: 'its data and this ledger were not made together: restore both from one copy',
      });
    }
    return this.#applied.appHash;
  }

  /**
   * A transaction by what is on the disk: never by a block that is decided and not yet written, for
   * whoever is answered may rely on it.
   */
  async judge(transaction: Transaction): Promise<AnyApplied> {
    for (;;) {
      while (this.#pending !== undefined) await this.#written.promise;
      const { height } = this.#applied;
      const facts = await factsOf(this.#options, transaction);
      if (this.#pending !== undefined || this.#applied.height !== height) continue;
      return this.#options.ledger.judge(transaction, { ...facts, timeMs: 0 });
    }
  }

  /** Why it has no place in a block, undefined where it has one. */
  async check(bytes: Uint8Array): Promise<string | undefined> {
    const decoded = decodeBlockTransaction(bytes);
    if (!decoded.ok) return `${decoded.code}: ${decoded.detail}`;
    return flawOf(this.#options, this.#applied.height, decoded.value);
  }

  prepare(transactions: readonly Uint8Array[], bytesMax: number): Promise<readonly Uint8Array[]> {
    return chosenOf(this.#options, this.#applied.height, { transactions, bytesMax });
  }

  async accepts(transactions: readonly Uint8Array[], proposer: Uint8Array): Promise<boolean> {
    const flaw = await proposalFlaw(this.#options, this.#applied.height, transactions);
    if (flaw === undefined) return true;
    this.#refuse('proposal', proposer, flaw);
    return false;
  }

  async apply(
    transactions: readonly Uint8Array[],
    block: { readonly height: number; readonly timeMs: number },
  ): Promise<{ readonly appHash: Uint8Array; readonly decided: readonly Decided[] }> {
    const { suite, ledger, groups } = this.#options;
    const { height, timeMs } = block;
    assert(this.#pending === undefined, 'a block is committed before the next one is decided');
    assert(height === this.#applied.height + 1, `block ${height} follows ${this.#applied.height}`);
    const read = transactions.map((bytes) => decodeBlockTransaction(bytes));
    const facts = await Promise.all(
      read.map((one) =>
        one.ok && one.value.kind !== 'vouch' ? factsOf(this.#options, one.value) : undefined,
      ),
    );
    this.#written = Promise.withResolvers();
    const changes: Change[] = [];
    const decided = read.map((one, i): Decided => {
      const bytes = transactions[i] as Uint8Array;
      const known = facts[i];
      if (!one.ok || one.value.kind === 'vouch' || known === undefined) {
        return { bytes, subject: undefined, outcome: undefined, changesRights: false };
      }
      const applied = ledger.apply(one.value, { ...known, timeMs });
      changes.push(...applied.changes);
      const subject = transactionSubject(suite, one.value);
      const { outcome } = applied;
      return { bytes, subject, outcome, changesRights: changesRights(applied.changes) };
    });
    for (const leaf of changes.map(appendedLeaf)) {
      if (leaf !== undefined) groups.append(leaf.index, leaf.hash);
    }
    const { tree } = ledger;
    const head = { size: tree.size, root: tree.root() };
    const stateHash = nextStateHash(suite, this.#applied.stateHash, changes);
    const applied = { height, timeMs, stateHash, appHash: appHash(suite, head, stateHash) };
    this.#pending = { block: applied, head, changes, decided };
    return { appHash: applied.appHash, decided };
  }

  async commit(): Promise<void> {
    const pending = this.#pending;
    assert(pending !== undefined, 'a block is decided before it is committed');
    const { block, head, changes, decided } = pending;
    await this.#options.store.persist(changes, head, [nextBlock(block)]);
    this.#pending = undefined;
    this.#applied = block;
    this.#head = head;
    this.#written.resolve();
    this.#options.onCommitted(decided);
  }

  /** This organisation's word for the log before the block of this height. */
  extension(height: number): Uint8Array {
    assert(height === this.#applied.height + 1, 'a vote is for the block after the newest');
    const { suite, signer, vouchers } = this.#options;
    const log = this.#finalRoot();
    const vouch = vouchFor(suite, log, signer);
    vouchers.add(log, vouch);
    return encodeExtension(vouch);
  }

  /** Whether a validator's word holds; what does is gathered. */
  takes(height: number, validator: Uint8Array, extension: Uint8Array): boolean {
    // Votes for another block than the next are none of ours to judge: nobody relies on them.
    if (height !== this.#applied.height + 1) return true;
    const { suite, ledger, genesis, vouchers } = this.#options;
    const found = genesis.validators.find(({ address }) => equal(address, validator));
    const key = found && ledger.mainLog.keys[found.key];
    if (key === undefined) {
      this.#refuse('vote', validator, 'it is no validator of the genesis');
      return false;
    }
    const log = this.#finalRoot();
    const checked = checkExtension(suite, extension, { log, publicKey: key.publicKey });
    if (!checked.ok) {
      this.#refuse(`vote-${checked.code}`, validator, checked.detail);
      return false;
    }
    vouchers.add(log, checked.value);
    return true;
  }

  /** The block that is applied next is by this validator. */
  proposedBy(validator: Uint8Array, round: number): void {
    this.#primary = { proposer: this.#nameOf(validator), round };
  }

  /** A block holds the proof that this validator voted for two blocks at one height. */
  votedTwice(validator: Uint8Array, height: number): void {
    this.#refuse('double-vote', validator, `it voted for two blocks at height ${height}`);
  }

  #finalRoot(): FinalRoot {
    const { origin } = this.#options.ledger.mainLog;
    const timeSeconds = Math.floor(this.#applied.timeMs / 1000);
    return { origin, ...this.#head, timeSeconds };
  }

  #refuse(what: string, address: Uint8Array, detail: string): void {
    const { log } = this.#options;
    const organisation = this.#nameOf(address);
    const counted = `${what}/${organisation}`;
    this.#refusals.set(counted, (this.#refusals.get(counted) ?? 0) + 1);
    const height = this.#applied.height + 1;
    log.error('validator-refused', { what, organisation, height, detail });
  }

  #nameOf(address: Uint8Array): string {
    const { ledger, genesis } = this.#options;
    const found = genesis.validators.find((one) => equal(one.address, address));
    return (found && ledger.mainLog.keys[found.key]?.name) ?? toHex(address);
  }
}
