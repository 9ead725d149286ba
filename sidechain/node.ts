// SPDX-License-Identifier: Apache-2.0
// A member of a sidechain, as the program around it sees it: what it submits is kept until a block
// has it, blocks come back in order, and checkpoints of them are signed. All that changes is the
// loop's (loop.ts); all that has to do with other members is theirs (peers.ts).

import { assert } from '../base/assert.ts';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { HistoryTree } from '../base/tree.ts';
import type { Statement } from '../host/sqlite.ts';
import { type ArchiveRules, Archivist } from './archivist.ts';
import type { BlockEntry } from './chain/block.ts';
import { openEntry } from './chain/entry.ts';
import type { Genesis } from './chain/genesis.ts';
import { sequenceIn } from './chain/numbered.ts';
import { fitsIntoBlock } from './chain/pool.ts';
import type { Registry } from './chain/registry.ts';
import { Conduct } from './conduct.ts';
import { type Connected, type Connecting, connectPeers } from './connect-peers.ts';
import type { AreEnough } from './cosigning.ts';
import { Inbox } from './inbox.ts';
import { closed, Loop } from './loop.ts';
import { type Members, openMembers } from './members.ts';
import { defaultRules, type NodeOptions } from './node-options.ts';
import { type NodeStatus, statusOf } from './node-status.ts';
import type { RaftNode } from './raft/raft-node.ts';
import { type Reportable, reportableOf } from './reportable.ts';
import { startRaft, tickMs } from './start-raft.ts';
import { Applier, type NewBlock } from './store/applier.ts';
import { archivedLeaves } from './store/archived-groups.ts';
import { stoppedForGood, stopStatement } from './store/chain-file.ts';
import type { Cosigned } from './store/cosigned-table.ts';
import { Cosigner } from './store/cosigner.ts';
import { writeDurably } from './store/durable-write.ts';
import { type Opened, openAll } from './store/opening.ts';
import { noRoom } from './store/outbox.ts';
import { outboxAlarm } from './store/outbox-alarm.ts';
import { PeerPool } from './store/peer-pool.ts';
import { Proposer } from './store/proposer.ts';
import { loadSnapshot, type StoredSnapshot } from './store/snapshot-file.ts';
import type { Applied } from './store/submissions.ts';
import { UplinkTable } from './store/uplink-table.ts';
import type { Transport } from './transport/transport.ts';

/**
 * Opens the chain, catches up with its log, and starts the loop.
 * @throws TielineError `chain-unfinished | chain-stopped | wrong-key | rollback | log-damaged |
 * diverged | transport-missing | not-a-member`, each with what to do, and what opening the transport throws.
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
    onCommitted: options.onCommitted,
    archived: archivedLeaves(suite, options.archive?.directory),
  });
  const { registry } = opened.ledger;
  const members = await openMembers(registry, signer.keyId, options.introduction);
  if (options.transport === undefined) {
    if (members.peers.length === 0) return new SidechainNode(options, opened, { members });
    throw new TielineError('transport-missing', 'this chain has several members', {
      hint: 'configure where this gateway listens, and the addresses of the others',
    });
  }
  const inbox = new Inbox();
  const transport = await options.transport(inbox, registry);
  const snapshot = options.archive && (await loadSnapshot(options.archive.snapshotFile));
  return new SidechainNode(options, opened, { members, network: { inbox, transport, snapshot } });
}

type Network = {
  readonly inbox: Inbox;
  readonly transport: Transport;
  readonly snapshot: StoredSnapshot | undefined;
};

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
  readonly #hasRoom: () => boolean;
  readonly #opened: Opened;
  readonly #members: Members;
  readonly #raft: RaftNode;
  readonly #conduct: Conduct;
  readonly #cosigner: Cosigner;
  readonly #loop: Loop;
  readonly #connected: Connected | undefined;
  readonly #archivist: Archivist | undefined;
  readonly #listeners = new Set<(block: NewBlock) => void>();
  #durableSize: number;
  #isClosing = false;

  constructor(
    options: NodeOptions,
    opened: Opened,
    company: { readonly members: Members; readonly network?: Network },
  ) {
    const { database, suite, signer, clock, hasRoom = () => true } = options;
    const { members, network } = company;
    this.#hasRoom = hasRoom;
    this.chainId = opened.chainId;
    this.genesis = opened.genesis;
    this.uplink = new UplinkTable(database);
    this.#options = options;
    this.#opened = opened;
    this.#durableSize = opened.ledger.tree.size;
    this.#members = members;
    const { chainId, history, cosigned: last } = opened;
    const write = (statements: readonly Statement[]): Promise<void> => this.#write(statements);
    this.#cosigner = new Cosigner({ suite, signer, chainId, history, last, write });
    this.#raft = startRaft(this.#members, opened, options.random);
    this.#conduct = new Conduct({
      suite,
      registry: this.registry,
      nameOf: (id) => members.member(id)?.name,
      leading: () => this.#raft.status(),
      log: options.log,
    });
    const rules = options.rules ?? defaultRules;
    const { registry } = opened.ledger;
    const { verdicts } = opened.known;
    const peerPool = new PeerPool({ suite, registry, verdicts, rules });
    const raft = this.#raft;
    const { random } = options;
    const proposer = new Proposer({ ...opened, ...rules, raft, peerPool, clock, random });
    const applier = new Applier(suite, {
      ...opened,
      onState: (state) => this.#connected?.snapshots?.capture(state),
      onFault: ({ term, index: logIndex }, reason, detail) =>
        this.#conduct.faulted({ term, logIndex, reason, detail }),
    });
    const appliedIndex = (): number => applier.index;
    this.#connected = network && this.#connect(network, { peerPool, proposer, appliedIndex });
    this.#loop = new Loop({
      ...opened,
      ownId: this.#members.own.id,
      suite,
      raft,
      applier,
      proposer,
      peering: this.#connected?.peers,
      write,
      onBlocks: (blocks) => this.#tell(blocks),
      onWritten: outboxAlarm(opened.submissions.outbox, options.log),
      monotonicMs: clock.monotonicMs,
      holdMs: rules.holdMs ?? 0,
      hasRoom: this.#hasRoom,
    });
    this.#archivist = options.archive && this.#startArchivist(options.archive);
    network?.inbox.onArrival(() => this.#loop.ring());
    const stopTicking = options.every(tickMs, () => this.#tick());
    this.finished = this.#loop.run().finally(stopTicking);
    this.finished.catch((error) => this.#connected?.cosigning.abandon(error));
  }

  #connect(network: Network, given: Pick<Connecting, 'peerPool' | 'proposer' | 'appliedIndex'>) {
    return connectPeers({
      ...this.#options,
      ...network,
      ...given,
      members: this.#members,
      raft: this.#raft,
      conduct: this.#conduct,
      opened: this.#opened,
      cosigner: this.#cosigner,
      durableSize: () => this.#durableSize,
      nextSequence: () => this.nextSequence(),
      write: (statements) => this.#write(statements),
      checkpoint: () => this.checkpoint(),
      install: (ending) => this.#loop.endWith(ending),
      stopForGood: (reason) => this.stopForGood(reason),
      fail: (error) => this.#loop.fail(error),
    });
  }

  #startArchivist(rules: ArchiveRules): Archivist {
    const { chainId, kept, storage } = this.#opened;
    const { clock } = this.#options;
    return new Archivist({
      ...this.#options,
      ...{ chainId, kept, rules },
      receiptSize: () => this.registry.receipt?.size ?? 0,
      timeMs: () => this.#opened.ledger.head.header.timeMs,
      // Where nobody can come, nobody is ever behind.
      snapshotSize: () =>
        this.#connected === undefined
          ? Number.POSITIVE_INFINITY
          : (this.#connected.snapshots?.size ?? 0),
      onPruned: ({ before }) => storage.compact(before),
      onDamaged: (index) => this.#connected?.scrub.damaged(index),
      write: (statements) => this.#write(statements),
      monotonicMs: clock.monotonicMs,
      fail: (error) => this.#loop.fail(error),
    });
  }

  #tick(): void {
    this.#loop.tick();
    this.#archivist?.tick();
  }

  /** Blocks that are applied and on disk. */
  get durableSize(): number {
    return this.#durableSize;
  }

  /** Members, schemas, sequences, main log and newest receipt, as the applied blocks have them. */
  get registry(): Registry {
    return this.#opened.ledger.registry;
  }

  /** What waits for a block comes to so much that an alarm was given. */
  isOutboxFilling(): boolean {
    return this.#opened.submissions.outbox.isFilling;
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
   * `entry-too-large`, `revoked`, `node-closed`, and whatever ended the node.
   */
  async submit(given: BlockEntry): Promise<Applied> {
    this.#assertTakingPart();
    if (!this.#hasRoom()) throw noRoom();
    if (!fitsIntoBlock(given)) {
      const text = 'the entry with its packs does not fit into a block';
      throw new TielineError('entry-too-large', text, { hint: 'sign the packs in parts' });
    }
    const entry = openEntry(this.#options.suite, given.entry);
    assert(entry.ok, `an entry of our own is well formed: ${entry.ok || entry.detail}`);
    this.#opened.known.signedHere(entry.value, this.#options.signer);
    const sequence = sequenceIn(entry.value);
    assert(sequence === undefined || sequence === this.nextSequence(), 'numbers have no gaps');
    const nowMs = this.#options.clock.monotonicMs();
    const applied = this.#opened.submissions.add(entry.value.id, given, { sequence, nowMs });
    this.#loop.ring();
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
    const timeSeconds = Math.floor(this.#options.clock.nowMs() / 1_000);
    return this.#cleared().then(() => this.#cosigner.sign(size, timeSeconds));
  }

  /**
   * A checkpoint of all that is durable, co-signed by as many members as the chain's policy asks
   * for: our line as the log's, and one co-signature line for each of them. `areEnough`: asks for
   * more than the policy does.
   * @throws TielineError `checkpoint-unsigned` (transient) where too few members answer in time.
   */
  async checkpoint(areEnough?: AreEnough): Promise<Cosigned> {
    if (this.#connected === undefined) return this.cosign();
    await this.#cleared();
    return this.#connected.cosigning.checkpoint(areEnough);
  }

  /** Whether this member leads: at most one does, but for moments. */
  get isLeader(): boolean {
    return this.#raft.status().role === 'leader';
  }

  /** Key id of the member that leads, as far as this one knows. */
  get leader(): Uint8Array | undefined {
    return this.#members.member(this.#raft.status().leader)?.keyId;
  }

  /** What members have done that the centre should know of. */
  get reportable(): Reportable {
    return reportableOf(this.#opened, this.#connected);
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
    return statusOf({
      raft: this.#raft,
      opened: this.#opened,
      members: this.#members,
      cosigned: this.#cosigner.last,
      conduct: this.#conduct,
      connected: this.#connected,
      archivist: this.#archivist,
      hasRoom: this.#hasRoom(),
    });
  }

  /**
   * Ends this node, and marks its disk so that it never starts again: what was signed contradicts
   * the disk.
   */
  async stopForGood(reason: string): Promise<void> {
    await this.#write([stopStatement(reason)]);
    this.#loop.fail(stoppedForGood(reason));
  }

  /** A leader that is about to end asks another to lead, so that nobody has to miss it first. */
  async handOver(): Promise<void> {
    const handedOver = this.#connected?.handOver.leave();
    this.#loop.ring();
    await Promise.race([handedOver, this.finished.catch(() => {})]);
  }

  /**
   * Ends the loop, stores what trails, and closes the database. What was submitted stays in the
   * outbox.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#loop.close();
    // A failure has been told by `finished`.
    await this.finished.catch(() => {});
    this.#connected?.cosigning.abandon(closed());
    await this.#connected?.peers.close();
    await this.#archivist?.settled();
    await this.#options.database.close();
  }

  #assertTakingPart(): void {
    this.#members.assertActive();
    if (this.#loop.failure !== undefined) throw this.#loop.failure;
    if (this.#isClosing) throw closed();
  }

  /** Until the other members have said that this disk is the newest copy. */
  async #cleared(): Promise<void> {
    this.#assertTakingPart();
    if (this.#connected === undefined || this.#connected.recall.isClear) return;
    await Promise.race([this.#connected.recall.cleared, this.finished]);
    this.#assertTakingPart();
  }

  #tell(blocks: readonly NewBlock[]): void {
    this.#durableSize += blocks.length;
    this.#connected?.recall.applied().catch((error) => this.#loop.fail(error));
    for (const block of blocks) {
      this.#conduct.applied(block);
      this.#connected?.carrier.applied(block.block);
      for (const listener of this.#listeners) listener(block);
    }
  }

  async #write(statements: readonly Statement[]): Promise<void> {
    const { database, log, every } = this.#options;
    try {
      await writeDurably(database, statements, { log, every });
    } catch (error) {
      this.#loop.fail(error);
      throw error;
    }
  }
}
