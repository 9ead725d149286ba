// SPDX-License-Identifier: Apache-2.0
// The state of one member's Raft, which the transitions of this folder change. It is a record with
// the few things all of them need: what happens when stands in the file named after it. Invariant:
// a term never falls; at most one vote a term; what binds us is sent only once it is durable.

import { assert } from '../../base/assert.ts';
import { type Configuration, emptyConfiguration } from './configuration/configuration.ts';
import type { Members } from './configuration/members.ts';
import { type NodeId, noNode, type Position } from './entry.ts';
import { RaftLog } from './log/raft-log.ts';
import { isBinding, type Message, type ReadIndex } from './message.ts';
import type { CompleteOptions } from './options.ts';
import { Inflights } from './progress/inflights.ts';
import { Progress } from './progress/progress.ts';
import { ReadRounds } from './read-rounds.ts';
import type { HardState } from './storage.ts';

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** The answer to a read: once this index is applied, the state shows all that was committed when it
 * was asked. */
export type ReadState = { readonly index: number; readonly context: Uint8Array };

export class Core {
  readonly options: CompleteOptions;
  readonly log: RaftLog;
  term = 0;
  vote: NodeId = noNode;
  role: Role = 'follower';
  leader: NodeId = noNode;
  configuration: Configuration = emptyConfiguration;
  progress: ReadonlyMap<NodeId, Progress> = new Map();
  /** Of the campaign going on. */
  votes = new Map<NodeId, boolean>();
  /** To whom leadership is being handed over. */
  transferee: NodeId = noNode;
  /** No configuration change is proposed before this index is applied. Never below the index of one
   * that is not. */
  pendingChangeIndex = 0;
  /** Payload of the leader's uncommitted entries; at most underestimated. */
  uncommittedBytes = 0;
  electionElapsed = 0;
  heartbeatElapsed = 0;
  /** Drawn anew at each change of role, between one and two times `electionTicks`. */
  electionTimeout = 0;
  /** To be sent at once. */
  messages: Message[] = [];
  /** To be sent, or stepped if to ourselves, when all that is now unstable is durable. */
  messagesAfterAppend: Message[] = [];
  readStates: ReadState[] = [];
  reads = new ReadRounds();
  /** Reads that wait for this leader's first commit. */
  pendingReads: ReadIndex[] = [];
  #sessionCount = 0;

  constructor(options: CompleteOptions) {
    this.options = options;
    this.log = new RaftLog(options.storage, options.applyingBytesMax);
  }

  get id(): NodeId {
    return this.options.id;
  }

  get members(): Members {
    return { configuration: this.configuration, progress: this.progress };
  }

  hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.log.committed };
  }

  /** Whether it may campaign: it is a voter, and its log is not about to be replaced by a
   * snapshot. */
  isPromotable(): boolean {
    const own = this.progress.get(this.id);
    return own !== undefined && !own.isLearner && this.log.unstable.snapshot === undefined;
  }

  hasCommittedInTerm(): boolean {
    return this.committed().term === this.term;
  }

  /** The last entry known to be committed. */
  committed(): Position {
    const index = this.log.committed;
    const term = this.log.term(index);
    assert(term !== undefined, 'the term of the commit index is never compacted away');
    return { term, index };
  }

  /** From us, in our term. */
  envelope(to: NodeId): { readonly from: NodeId; readonly to: NodeId; readonly term: number } {
    return { from: this.id, to, term: this.term };
  }

  send(message: Message): void {
    if (isBinding(message)) {
      this.messagesAfterAppend.push(message);
      return;
    }
    assert(
      message.to !== this.id && message.to !== noNode,
      `a ${message.kind} is for somebody else`,
    );
    this.messages.push(message);
  }

  /** For a member that was none before: we know nothing of its log and probe from our end. */
  readonly createProgress = ({ isLearner }: { readonly isLearner: boolean }): Progress =>
    // As if just heard of: else the next check of the quorum would count it out before it could
    // answer.
    this.newProgress({ next: Math.max(this.log.lastIndex(), 1), isLearner, recentActive: true });

  newProgress(seed: {
    readonly match?: number;
    readonly next: number;
    readonly isLearner: boolean;
    readonly recentActive?: boolean;
  }): Progress {
    this.#sessionCount += 1;
    const { inflightMessagesMax, inflightBytesMax } = this.options;
    return new Progress({
      ...seed,
      session: this.#sessionCount,
      inflights: new Inflights({ messagesMax: inflightMessagesMax, bytesMax: inflightBytesMax }),
    });
  }
}
