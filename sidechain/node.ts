// SPDX-License-Identifier: Apache-2.0
// A member of a sidechain at work. One loop owns all that changes, and its order is what makes it
// safe: persist → send → apply → advance. What is counted, acknowledged or applied is on our own
// disk. A write that fails ends the loop for good: the process must end, and start again from what
// the disk really holds.

import { assert } from '../base/assert.ts';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Signer, Suite } from '../base/suite.ts';
import type { HistoryTree } from '../base/tree.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { Database, Statement } from '../host/sqlite.ts';
import type { BlockEntry } from './chain/block.ts';
import { openEntry } from './chain/entry.ts';
import type { Genesis } from './chain/genesis.ts';
import type { Contract } from './chain/ledger.ts';
import { sequenceIn } from './chain/numbered.ts';
import { type CuttingRules, fitsIntoBlock } from './chain/pool.ts';
import type { Registry } from './chain/registry.ts';
import type { Role } from './raft/core.ts';
import { RaftNode } from './raft/raft-node.ts';
import type { Ready } from './raft/ready.ts';
import { Applier, type NewBlock } from './store/applier.ts';
import { stoppedForGood, stopStatement } from './store/chain-file.ts';
import type { Cosigned } from './store/cosigned-table.ts';
import { Cosigner } from './store/cosigner.ts';
import { type Every, writeDurably } from './store/durable-write.ts';
import { appendStatements } from './store/log-table.ts';
import { type Opened, openAll } from './store/opening.ts';
import { Proposer } from './store/proposer.ts';
import { hardStateStatement } from './store/raft-state.ts';
import type { Applied } from './store/submissions.ts';
import { UplinkTable } from './store/uplink-table.ts';

export type NodeRules = CuttingRules & {
  /** A chain with nothing to say makes a block this often. */
  readonly heartbeatMs: number;
};

export type NodeOptions = {
  /** chain.db, opened for this node alone; the node closes it. */
  readonly database: Database;
  readonly suite: Suite;
  readonly signer: Signer;
  /** As at the chain's making: another list makes other blocks. */
  readonly contracts: readonly Contract[];
  readonly clock: Clock;
  readonly log: Log;
  /** Unpredictable bytes: secrets of blocks, and when to campaign. */
  readonly random: (length: number) => Uint8Array;
  readonly every: Every;
  readonly rules?: NodeRules;
  readonly outboxBytesMax?: number;
};

export type NodeStatus = {
  readonly role: Role;
  readonly term: number;
  /** Newest block, and its time. */
  readonly height: number;
  readonly timeMs: number;
  readonly outbox: { readonly count: number; readonly bytes: number; readonly isFilling: boolean };
  /** Blocks under the newest co-signed checkpoint, and under the newest receipt; 0 = none yet. */
  readonly cosignedSize: number;
  readonly receiptSize: number;
};

/** One entry waits a second for company, which on a card is a second's readings in one write. */
export const defaultRules: NodeRules = Object.freeze({
  itemsMax: limits.blockEntriesMax,
  ageMs: 1_000,
  heartbeatMs: 60_000,
});

const tickMs = 100;
const electionTicks = 10;
const heartbeatTicks = 1;

/**
 * Opens the chain, catches up with its log, and starts the loop.
 * @throws TielineError `chain-unfinished | chain-stopped | wrong-key | rollback | log-damaged |
 * diverged | members-unsupported`, each with what to do.
 */
export async function openNode(options: NodeOptions): Promise<SidechainNode> {
  const { database, suite, signer, contracts, clock } = options;
  const opened = await openAll({
    database,
    suite,
    signer,
    contracts,
    rules: options.rules ?? defaultRules,
    outboxBytesMax: options.outboxBytesMax ?? limits.outboxBytesMax,
    nowMs: clock.monotonicMs(),
  });
  return new SidechainNode(options, opened);
}

export class SidechainNode {
  readonly chainId: Uint8Array;
  readonly genesis: Genesis;
  readonly uplink: UplinkTable;
  /**
   * Resolves after `close`; rejects with what ended the node before. Whoever runs the process waits
   * for it.
   */
  readonly finished: Promise<void>;
  readonly #options: NodeOptions;
  readonly #opened: Opened;
  readonly #raft: RaftNode;
  readonly #applier: Applier;
  readonly #proposer: Proposer;
  readonly #cosigner: Cosigner;
  readonly #listeners = new Set<(block: NewBlock) => void>();
  readonly #stopTicking: () => void;
  #durableSize: number;
  #ticks = 0;
  #wake: () => void = () => {};
  #isRung = false;
  #isClosing = false;
  #isFilling = false;
  #failure: unknown;

  constructor(options: NodeOptions, opened: Opened) {
    const { database, suite, signer, clock } = options;
    this.chainId = opened.chainId;
    this.genesis = opened.genesis;
    this.uplink = new UplinkTable(database);
    this.#options = options;
    this.#opened = opened;
    this.#durableSize = opened.ledger.tree.size;
    const { chainId, history, cosigned: last } = opened;
    const write = (statements: readonly Statement[]): Promise<void> => this.#write(statements);
    this.#cosigner = new Cosigner({ suite, signer, chainId, history, last, write });
    this.#applier = new Applier(suite, opened);
    this.#raft = new RaftNode({
      id: 1,
      electionTicks,
      heartbeatTicks,
      storage: opened.storage,
      applied: opened.appliedIndex,
      random: () => new DataView(options.random(4).buffer).getUint32(0) / 2 ** 32,
    });
    this.#proposer = new Proposer({
      ...opened,
      raft: this.#raft,
      clock,
      random: options.random,
      heartbeatMs: (options.rules ?? defaultRules).heartbeatMs,
    });
    // Alone there is nobody to wait for.
    this.#raft.campaign();
    this.#stopTicking = options.every(tickMs, () => {
      this.#ticks += 1;
      this.#ring();
    });
    this.finished = this.#run();
    this.finished.catch(() => {});
  }

  /** Blocks that are applied and on disk. */
  get durableSize(): number {
    return this.#durableSize;
  }

  /** Members, schemas, sequences, main log and newest receipt, as the applied blocks have them. */
  get registry(): Registry {
    return this.#opened.ledger.registry;
  }

  /**
   * The number that this gateway's next numbered entry has. Ask, sign and submit without waiting in
   * between.
   */
  nextSequence(): number {
    const { keyId } = this.#options.signer;
    return this.#opened.submissions.nextSequence(this.registry.sequence(keyId).sequence);
  }

  /**
   * Takes an entry that this gateway has signed. It is durable before it is proposed, and survives
   * any crash from then on. The promise is settled when a block that has it is durable.
   * @throws TielineError `outbox-full` (transient: count what is lost and sign for the gap),
   * `entry-too-large`, `node-closed`, and whatever ended the node.
   */
  async submit(given: BlockEntry): Promise<Applied> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosing) throw closed();
    if (!fitsIntoBlock(given)) {
      const text = 'the entry with its packs does not fit into a block';
      throw new TielineError('entry-too-large', text, { hint: 'sign the packs in parts' });
    }
    const entry = openEntry(this.#options.suite, given.entry);
    assert(entry.ok, `an entry of our own is well formed: ${entry.ok || entry.detail}`);
    const sequence = sequenceIn(entry.value);
    assert(sequence === undefined || sequence === this.nextSequence(), 'numbers have no gaps');
    const applied = this.#opened.submissions.add(entry.value.id, given, sequence);
    this.#ring();
    return applied;
  }

  /** Told of each block, in order, once it is durable. @returns a function that ends it. */
  onApplied(listener: (block: NewBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The newest checkpoint that this gateway has signed, as it is on disk. */
  get lastCosigned(): Cosigned | undefined {
    return this.#cosigner.last;
  }

  /**
   * Co-signs the checkpoint of the first `size` blocks, by default of all that are durable. On disk
   * before it is given out. `size` must be at least that of `lastCosigned`.
   */
  cosign(size: number = this.#durableSize): Promise<Cosigned> {
    assert(size <= this.#durableSize, 'only what is durable is signed');
    return this.#cosigner.sign(size, Math.floor(this.#options.clock.nowMs() / 1_000));
  }

  /**
   * Asks the history tree for roots and proofs. What lies outside memory is read before, for which
   * `about` names the tree sizes and the leaves (heights) that the question is about; at most
   * `durableSize`.
   */
  askHistory<T>(
    about: { readonly sizes?: readonly number[]; readonly leaves?: readonly number[] },
    question: (tree: HistoryTree) => T,
  ): Promise<T> {
    return this.#opened.history.ask(about, question);
  }

  status(): NodeStatus {
    const { role, term } = this.#raft.status();
    const { outbox } = this.#opened.submissions;
    const { header } = this.#opened.ledger.head;
    return {
      role,
      term,
      height: header.height,
      timeMs: header.timeMs,
      outbox: { count: outbox.count, bytes: outbox.bytes, isFilling: outbox.isFilling },
      cosignedSize: this.#cosigner.last?.size ?? 0,
      receiptSize: this.registry.receipt?.size ?? 0,
    };
  }

  /**
   * Ends this node, and marks its disk so that it never starts again: what was signed contradicts
   * the disk.
   */
  async stopForGood(reason: string): Promise<void> {
    await this.#write([stopStatement(reason)]);
    this.#fail(stoppedForGood(reason));
  }

  /**
   * Ends the loop, stores what trails, and closes the database. What was submitted stays in the
   * outbox.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#ring();
    // A failure has been told by `finished`.
    await this.finished.catch(() => {});
    await this.#options.database.close();
  }

  /**
   * Begins with the first tick, so that whoever opened the node can listen before anything is
   * applied.
   */
  async #run(): Promise<void> {
    try {
      await this.#rest();
      while (!this.#isClosing) {
        await this.#turn();
        if (this.#failure !== undefined) throw this.#failure;
        if (!this.#hasWork()) await this.#rest();
      }
      await this.#leave();
    } catch (error) {
      this.#fail(error);
      this.#opened.submissions.abandon(error);
      throw this.#failure;
    } finally {
      this.#stopTicking();
    }
  }

  async #turn(): Promise<void> {
    for (; this.#ticks > 0; this.#ticks--) this.#raft.tick();
    await this.#opened.submissions.refill(this.#nowMs);
    this.#proposer.cut();
    const ready = this.#raft.hasReady() ? this.#raft.ready() : undefined;
    await this.#persist(ready);
    if (ready === undefined) return;
    // Here the messages are sent. Alone there is nobody to send them to.
    assert(ready.messages.length === 0, 'a member that is alone has nothing to say');
    await this.#apply(ready);
    this.#raft.advance();
    this.#opened.storage.compact(this.#applier.index);
  }

  /** What was submitted, and what Raft wants to be sure of: one transaction. */
  async #persist(ready: Ready | undefined): Promise<void> {
    const { storage, submissions } = this.#opened;
    const arrivals = submissions.takeArrivals(this.#nowMs);
    const statements = [...arrivals.statements];
    if (ready?.mustSync === true) {
      statements.push(...appendStatements(this.#options.suite, ready.entries));
      if (ready.hardState !== undefined) statements.push(hardStateStatement(ready.hardState));
    }
    await this.#write(statements);
    if (ready !== undefined) {
      storage.append(ready.entries);
      if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
    }
    arrivals.finish();
    this.#watchOutbox();
  }

  async #apply({ committed, role }: Ready): Promise<void> {
    if (role !== 'leader') this.#proposer.deposed();
    const last = committed.at(-1);
    if (last === undefined) return;
    const { blocks, statements, finish } = await this.#applier.apply(committed, this.#nowMs);
    await this.#write(statements);
    this.#durableSize += blocks.length;
    this.#proposer.applied(last, blocks.length);
    finish();
    for (const block of blocks) for (const listener of this.#listeners) listener(block);
  }

  /** Nothing that was submitted is lost, and the next start has little to apply again. */
  async #leave(): Promise<void> {
    const { trail, submissions } = this.#opened;
    await this.#persist(undefined);
    if (trail.length > 0) await this.#write(trail.take(this.#nowMs));
    submissions.abandon(closed());
  }

  get #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #hasWork(): boolean {
    const { submissions } = this.#opened;
    return this.#raft.hasReady() || submissions.hasArrivals || this.#proposer.isDue();
  }

  #watchOutbox(): void {
    const { isFilling, count, bytes } = this.#opened.submissions.outbox;
    if (isFilling === this.#isFilling) return;
    this.#isFilling = isFilling;
    if (isFilling) this.#options.log.error('outbox-filling', { count, bytes });
    else this.#options.log.info('outbox-drained', { count, bytes });
  }

  async #write(statements: readonly Statement[]): Promise<void> {
    const { database, log, every } = this.#options;
    try {
      await writeDurably(database, statements, { log, every });
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#ring();
  }

  #ring(): void {
    this.#isRung = true;
    this.#wake();
  }

  async #rest(): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#isRung = false;
  }
}

function closed(): TielineError {
  return new TielineError(
    'node-closed',
    'this node is closed; what was submitted is in its outbox',
    {
      retry: 'transient',
    },
  );
}
