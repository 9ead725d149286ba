// SPDX-License-Identifier: Apache-2.0
// Gathers what the core wants done into a `Ready`, and remembers what was handed out. The core
// learns that it is done by messages to itself: stepped in `advance`, or by the caller where
// storage writes are asynchronous.

import { assert } from '../../base/assert.ts';
import type { Core, Role } from './core.ts';
import type { Entry, NodeId } from './entry.ts';
import type { Message } from './message.ts';
import type { Ready } from './ready.ts';
import type { HardState, Snapshot } from './storage.ts';

type Work = Pick<Ready, 'hardState' | 'entries' | 'snapshot' | 'committed'>;

export class ReadySource {
  readonly #core: Core;
  readonly #isAsync: boolean;
  #hardState: HardState;
  #role: Role;
  #leader: NodeId;
  #onAdvance: readonly Message[] | undefined;

  constructor(core: Core) {
    this.#core = core;
    this.#isAsync = core.options.asyncStorageWrites;
    this.#hardState = core.hardState();
    this.#role = core.role;
    this.#leader = core.leader;
  }

  has(): boolean {
    const core = this.#core;
    return (
      core.role !== this.#role ||
      core.leader !== this.#leader ||
      this.#changedHardState() !== undefined ||
      core.log.unstable.nextSnapshot() !== undefined ||
      core.log.unstable.hasNextEntries() ||
      core.log.hasNextCommitted(this.#mayApplyUnstable) ||
      core.messages.length > 0 ||
      core.messagesAfterAppend.length > 0 ||
      core.readStates.length > 0
    );
  }

  take(): Ready {
    assert(this.#onAdvance === undefined, 'advance() comes before the next ready()');
    const core = this.#core;
    const work: Work = {
      hardState: this.#changedHardState(),
      entries: core.log.unstable.nextEntries(),
      snapshot: core.log.unstable.nextSnapshot(),
      committed: core.log.nextCommitted(this.#mayApplyUnstable),
    };
    const ready: Ready = {
      ...work,
      mustSync: this.#mustSync(work),
      ...this.#messages(work),
      readStates: core.readStates,
      role: core.role,
      leader: core.leader,
    };
    this.#accept(ready);
    return ready;
  }

  /** Our own answers to what the last `Ready` asked for; they are now due. */
  takeOnAdvance(): readonly Message[] {
    assert(this.#onAdvance !== undefined, 'advance() follows ready(), without asyncStorageWrites');
    const due = this.#onAdvance;
    this.#onAdvance = undefined;
    return due;
  }

  /** With one `Ready` at a time the caller persists entries before it applies them, even those of
   * the same. */
  get #mayApplyUnstable(): boolean {
    return !this.#isAsync;
  }

  #changedHardState(): HardState | undefined {
    const now = this.#core.hardState();
    const { term, vote, commit } = this.#hardState;
    const isSame = now.term === term && now.vote === vote && now.commit === commit;
    return isSame ? undefined : now;
  }

  #mustSync({ entries, snapshot }: Work): boolean {
    const { term, vote } = this.#core;
    const isVoteNew = term !== this.#hardState.term || vote !== this.#hardState.vote;
    return isVoteNew || entries.length > 0 || snapshot !== undefined;
  }

  #messages(work: Work): Pick<Ready, 'messages' | 'appendResponses' | 'applyResponses'> {
    const { id, messages, messagesAfterAppend } = this.#core;
    const appendResponses = this.#appendResponses(work);
    const applyResponses = this.#applyResponses(work.committed);
    if (this.#isAsync) return { messages, appendResponses, applyResponses };
    this.#onAdvance = [...appendResponses.filter(({ to }) => to === id), ...applyResponses];
    const bound = messagesAfterAppend.filter(({ to }) => to !== id);
    return { messages: [...messages, ...bound], appendResponses: [], applyResponses: [] };
  }

  #appendResponses({ hardState, entries, snapshot }: Work): readonly Message[] {
    const core = this.#core;
    const bound = core.messagesAfterAppend;
    const isWritten =
      hardState !== undefined || entries.length > 0 || snapshot !== undefined || bound.length > 0;
    const { isEmpty } = core.log.unstable;
    if (!isWritten || (isEmpty && snapshot === undefined)) return bound;
    return [...bound, this.#storageAppendResponse(snapshot)];
  }

  /**
   * Names the whole unstable end, also what earlier writes bear that are still under way: writes
   * are done in order, so this one's being done says it of them; and theirs, in an older term, no
   * longer say it themselves.
   */
  #storageAppendResponse(snapshot: Snapshot | undefined): Message {
    const core = this.#core;
    return {
      ...core.envelope(core.id),
      kind: 'storage-append-response',
      last: core.log.unstable.isEmpty ? undefined : core.log.last(),
      snapshot,
    };
  }

  #applyResponses(committed: readonly Entry[]): readonly Message[] {
    if (committed.length === 0) return [];
    const { id } = this.#core;
    return [{ ...this.#core.envelope(id), kind: 'storage-apply-response', entries: committed }];
  }

  #accept(ready: Ready): void {
    const core = this.#core;
    this.#hardState = ready.hardState ?? this.#hardState;
    this.#role = ready.role;
    this.#leader = ready.leader;
    core.messages = [];
    core.messagesAfterAppend = [];
    core.readStates = [];
    core.log.unstable.acceptInProgress();
    core.log.acceptApplying(ready.committed, this.#mayApplyUnstable);
  }
}
