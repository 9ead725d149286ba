// SPDX-License-Identifier: Apache-2.0
// The one loop that owns all that changes: Raft, the disk, the ledger. Two halves. The quick half
// never waits: messages and ticks into Raft, and out of it what may be said at once. The slow half
// is the disk's, one step after the other: persist → say what binds us → apply → tell Raft. So a
// disk that stalls silences no heartbeat, and what is counted, acknowledged or applied is on our
// own disk. A write that fails ends the loop for good: the process starts again from what the disk
// really holds.

import { assert } from '../base/assert.ts';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Suite } from '../base/suite.ts';
import type { Statement } from '../host/sqlite.ts';
import { HeldBlocks } from './held-blocks.ts';
import { entriesBytes, type NodeId } from './raft/entry.ts';
import type { LocalMessage, Message, PeerMessage } from './raft/message.ts';
import type { RaftNode } from './raft/raft-node.ts';
import type { Ready } from './raft/ready.ts';
import type { StepResult } from './raft/step.ts';
import type { HardState } from './raft/storage.ts';
import type { Applier, NewBlock } from './store/applier.ts';
import { appendStatements } from './store/log-table.ts';
import type { LogWindow } from './store/log-window.ts';
import type { Proposer } from './store/proposer.ts';
import { hardStateStatement } from './store/raft-state.ts';
import type { StateTrail } from './store/state-table.ts';
import type { Submissions } from './store/submissions.ts';

/** What the other members are to the loop; a chain of one has none. */
export type Peering = {
  /** False until this member knows that its disk is not older than its promises. */
  readonly mayPromise: boolean;
  /** Hands Raft's messages to `step`, and does with the others what they ask for. */
  readonly receive: (
    options: { readonly large: boolean },
    step: (message: PeerMessage) => StepResult,
  ) => void;
  /** So many ticks have passed; never more than a few at once. */
  readonly tick: () => void;
  readonly send: (message: PeerMessage) => void;
  /** Statements that ride along with the next write. */
  readonly takeStatements: () => readonly Statement[];
};

export type LoopParts = {
  readonly ownId: NodeId;
  readonly suite: Suite;
  readonly raft: RaftNode;
  readonly storage: LogWindow;
  readonly applier: Applier;
  readonly proposer: Proposer;
  readonly submissions: Submissions;
  readonly trail: StateTrail;
  readonly peering: Peering | undefined;
  /** Durable when it resolves; whatever it rejects with ends the loop. */
  readonly write: (statements: readonly Statement[]) => Promise<void>;
  /** Blocks that are applied and durable, in order. */
  readonly onBlocks: (blocks: readonly NewBlock[]) => void;
  /** After each write. */
  readonly onWritten: () => void;
  readonly monotonicMs: () => number;
  /** False while the disk is all but full. */
  readonly hasRoom: () => boolean;
  /** So long an applied block may wait for another write to be stored with. */
  readonly holdMs: number;
};

/** The last statements of a loop. */
export type Ending = {
  readonly statements: readonly Statement[];
  readonly error: TielineError;
  /** Asked right before they are written, when nothing else is: what is on disk may be newer now. */
  readonly isStillDue: () => boolean;
};

export class Loop {
  readonly #parts: LoopParts;
  #ticks = 0;
  #wake: () => void = () => {};
  #isRung = false;
  #isClosing = false;
  #failure: unknown;
  /** Handed out by Raft, and not durable, not applied. */
  #unwritten: Ready[] = [];
  #unwrittenBytes = 0;
  #unapplied: Ready[] = [];
  /** A commit index is not worth a write of its own: it waits for the next one. */
  #unwrittenState: HardState | undefined;
  readonly #held: HeldBlocks;
  #diskWork: Promise<void> | undefined;
  #writingSinceMs: number | undefined;
  #ending: Ending | undefined;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#held = new HeldBlocks(parts.holdMs);
  }

  get failure(): unknown {
    return this.#failure;
  }

  tick(): void {
    this.#ticks = Math.min(this.#ticks + 1, limits.ticksAtOnceMax);
    this.ring();
  }

  /** There may be something to do. */
  ring(): void {
    this.#isRung = true;
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure ??= error;
    this.ring();
  }

  /** What is in memory is of another state than the disk from then on. */
  endWith(ending: Ending): void {
    this.#ending ??= ending;
    this.ring();
  }

  close(): void {
    this.#isClosing = true;
    this.ring();
  }

  /**
   * Begins with the first tick, so that whoever opened the node can listen before anything is
   * applied. Ends with `close`, and rejects with what failed.
   */
  async run(): Promise<void> {
    const { submissions } = this.#parts;
    try {
      await this.#rest();
      while (!this.#isClosing) {
        this.#quickHalf();
        if (this.#failure !== undefined) throw this.#failure;
        this.#startDiskWork();
        await this.#rest();
      }
      await this.#leave();
    } catch (error) {
      this.fail(error);
      submissions.abandon(error);
      throw this.#failure;
    }
  }

  #quickHalf(): void {
    // Silent, like one whose disk stands still: what it said now it might not be able to keep.
    if (this.#isStalled || !this.#parts.hasRoom()) return;
    const { raft, peering, proposer } = this.#parts;
    // Messages first: after a pause, whoever leads is heard before it is missed.
    peering?.receive({ large: this.#hasRoom }, (message) => raft.step(message));
    const hasTicked = this.#ticks > 0;
    for (; this.#ticks > 0; this.#ticks--) {
      if (peering?.mayPromise !== false) raft.tick();
      peering?.tick();
    }
    proposer.cut();
    if (hasTicked) proposer.cutIdle();
    while (raft.hasReady()) this.#take(raft.ready());
  }

  #take(ready: Ready): void {
    assert(
      ready.snapshot === undefined,
      'snapshots are installed around Raft, and the node starts again',
    );
    if (ready.role !== 'leader') this.#parts.proposer.deposed();
    const early = ready.messages.filter((message) => !this.#isAhead(message));
    const late = ready.messages.filter((message) => this.#isAhead(message));
    this.#sendAll(early);
    this.#unwritten.push({ ...ready, appendResponses: [...late, ...ready.appendResponses] });
    this.#unwrittenBytes += entriesBytes(ready.entries);
    if (ready.committed.length > 0) this.#unapplied.push(ready);
  }

  /**
   * Of a term that our disk does not know: who hears it takes us to be in that term, which a crash
   * would make us forget. So nobody leads, or asks for votes, in a term that is not on its disk.
   */
  #isAhead(message: Message): boolean {
    const { ownId, storage } = this.#parts;
    if (isLocal(message) || message.to === ownId || isTentative(message)) return false;
    return message.term > storage.initialState().hardState.term;
  }

  /** A disk that has not answered for so long may never: whoever hears of us should not rely on us. */
  get #isStalled(): boolean {
    const sinceMs = this.#writingSinceMs;
    return sinceMs !== undefined && this.#nowMs - sinceMs > limits.writeStallMsMax;
  }

  get #hasRoom(): boolean {
    return this.#unwrittenBytes <= limits.unwrittenBytesMax;
  }

  #startDiskWork(): void {
    if (this.#diskWork !== undefined || !this.#hasDiskWork) return;
    this.#diskWork = this.#slowHalf()
      .catch((error) => this.fail(error))
      .finally(() => {
        this.#diskWork = undefined;
        this.ring();
      });
  }

  get #hasDiskWork(): boolean {
    const { submissions } = this.#parts;
    return (
      this.#ending !== undefined ||
      submissions.hasArrivals ||
      submissions.canRefill ||
      this.#mustStore ||
      this.#unwritten.length > 0 ||
      this.#unapplied.length > 0
    );
  }

  /** A leader whose blocks are all held makes no more of them. */
  get #mustStore(): boolean {
    return this.#held.isDue(this.#nowMs) || (this.#parts.proposer.isFull && this.#held.length > 0);
  }

  async #slowHalf(): Promise<void> {
    const ending = this.#ending;
    this.#ending = undefined;
    if (ending?.isStillDue() === true) {
      await this.#write(ending.statements);
      throw ending.error;
    }
    const { submissions } = this.#parts;
    // What is read back must not be what a block that is held takes away.
    if (submissions.canRefill) await this.#store();
    await submissions.refill(this.#nowMs);
    // What is applied is durable already: it need not wait for what is written meanwhile.
    const committed = this.#unapplied.shift();
    const [tell, isUrgent] = await bothOf(this.#persist(), this.#apply(committed));
    // Not before: in the middle of a block, the chain has numbers that the outbox still holds, and
    // whoever looked then would take this disk for an older copy.
    tell();
    if (isUrgent) await this.#store();
  }

  /**
   * What was submitted, what Raft wants to be sure of, and blocks that are held: one transaction.
   * @returns what is to be done once no block is half applied.
   */
  async #persist(): Promise<() => void> {
    const { suite, storage, submissions, peering, onWritten } = this.#parts;
    const written = this.#unwritten;
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
    const arrivals = submissions.takeArrivals(this.#nowMs);
    const statements = [...arrivals.statements, ...(peering?.takeStatements() ?? [])];
    for (const { entries, hardState, mustSync } of written) {
      this.#unwrittenState = hardState ?? this.#unwrittenState;
      if (mustSync) statements.push(...appendStatements(suite, entries));
    }
    const mustSync = written.some((ready) => ready.mustSync);
    if (mustSync && this.#unwrittenState !== undefined) {
      statements.push(hardStateStatement(this.#unwrittenState));
      this.#unwrittenState = undefined;
    }
    const mustWrite = statements.length > 0 || this.#mustStore;
    const held = mustWrite ? this.#held.take() : undefined;
    // Blocks first: what they remove from the outbox was there before what arrives.
    await this.#write([...(held?.statements ?? []), ...statements]);
    for (const { entries, hardState, appendResponses } of written) {
      storage.append(entries);
      if (hardState !== undefined) storage.setHardState(hardState);
      this.#sendAll(appendResponses);
    }
    return () => {
      arrivals.finish();
      held?.finish();
      onWritten();
    };
  }

  /** @returns whether somebody waits for it, so that it has to be stored now. */
  async #apply(ready: Ready | undefined): Promise<boolean> {
    if (ready === undefined) return false;
    const { committed, applyResponses } = ready;
    const { raft, storage, applier, proposer, onBlocks, onWritten } = this.#parts;
    const last = committed.at(-1);
    assert(last !== undefined, 'something is applied');
    const { blocks, changes, statements, finish } = await applier.apply(committed, this.#nowMs);
    const stored = (): void => {
      for (const change of changes) raft.applyChange(change);
      for (const message of applyResponses) raft.step(message);
      proposer.applied(last, blocks);
      finish();
      onBlocks(blocks);
      onWritten();
      storage.trim(raft.status().applied);
    };
    this.#held.add({ statements, finish: stored }, this.#nowMs);
    // Nobody waits for a block as for a change of members, or for a term to begin.
    return changes.length > 0 || blocks.length === 0;
  }

  /** All that is held, in a write of its own. */
  async #store(): Promise<void> {
    const { statements, finish } = this.#held.take();
    await this.#write(statements);
    finish();
  }

  #sendAll(messages: readonly Message[]): void {
    const { ownId, raft, peering } = this.#parts;
    for (const message of messages) {
      if (isLocal(message) || message.to === ownId) {
        raft.step(message);
        continue;
      }
      assert(peering !== undefined, 'a member that is alone has nothing to say');
      peering.send(message);
    }
  }

  /** Nothing that was submitted is lost, and the next start has little to apply again. */
  async #leave(): Promise<void> {
    const { trail, submissions } = this.#parts;
    await this.#diskWork;
    if (this.#failure !== undefined) throw this.#failure;
    const tell = await this.#persist();
    tell();
    await this.#store();
    if (trail.length > 0) await this.#write(trail.take(this.#nowMs));
    submissions.abandon(closed());
  }

  async #write(statements: readonly Statement[]): Promise<void> {
    this.#writingSinceMs = this.#nowMs;
    await this.#parts.write(statements);
    this.#writingSinceMs = undefined;
  }

  get #nowMs(): number {
    return this.#parts.monotonicMs();
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

/** Waits for both, whatever becomes of either. @throws what the first does, else what the second does. */
async function bothOf<A, B>(one: Promise<A>, other: Promise<B>): Promise<readonly [A, B]> {
  const [first, second] = await Promise.allSettled([one, other]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

function isLocal(message: Message): message is LocalMessage {
  return message.kind === 'storage-append-response' || message.kind === 'storage-apply-response';
}

/** Names a term that nobody is in yet. */
function isTentative({ kind }: Message): boolean {
  return kind === 'pre-vote' || kind === 'pre-vote-response';
}

export function closed(): TielineError {
  return new TielineError(
    'node-closed',
    'this node is closed; what was submitted is in its outbox',
    { retry: 'transient' },
  );
}
