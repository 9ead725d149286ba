// SPDX-License-Identifier: Apache-2.0
// One member after the other added to, moved within and taken out of a copy of the members. Whether
// the whole is allowed is judged in reconfigure.ts.

import type { NodeId } from '../entry.ts';
import type { Progress } from '../progress/progress.ts';
import type { MemberChange } from './change.ts';
import { type Configuration, withId, withoutId } from './configuration.ts';
import type { Members } from './members.ts';

/** Makes the progress of a member that was none before. */
export type CreateProgress = (member: { readonly isLearner: boolean }) => Progress;

export class Draft {
  configuration: Configuration;
  readonly progress: Map<NodeId, Progress>;
  readonly #createProgress: CreateProgress;

  constructor(members: Members, createProgress: CreateProgress) {
    this.configuration = members.configuration;
    this.progress = new Map([...members.progress].map(([id, one]) => [id, one.copy()]));
    this.#createProgress = createProgress;
  }

  apply(change: MemberChange): void {
    // Member 0 stands for a change that was taken back.
    if (change.member === 0) return;
    switch (change.operation) {
      case 'add-voter':
        this.#makeVoter(change.member);
        break;
      case 'add-learner':
        this.#makeLearner(change.member);
        break;
      case 'remove':
        this.#remove(change.member);
        break;
      case 'update':
        break;
    }
  }

  /** The new voters alone decide from now on. */
  leaveJoint(): void {
    const { voters, votersOutgoing, learnersNext } = this.configuration;
    const learners = learnersNext.reduce(withId, this.configuration.learners);
    for (const id of learnersNext) this.#setLearner(id, true);
    for (const id of votersOutgoing) {
      if (!voters.includes(id) && !learners.includes(id)) this.progress.delete(id);
    }
    this.#set({ votersOutgoing: [], learners, learnersNext: [], autoLeave: false });
  }

  /** Progress in the order of ids, so that messages go out in one order everywhere. */
  members(): Members {
    const progress = new Map([...this.progress].sort(([a], [b]) => a - b));
    return { configuration: this.configuration, progress };
  }

  #makeVoter(id: NodeId): void {
    if (this.progress.has(id)) this.#setLearner(id, false);
    else this.progress.set(id, this.#createProgress({ isLearner: false }));
    this.#set({
      voters: withId(this.configuration.voters, id),
      learners: withoutId(this.configuration.learners, id),
      learnersNext: withoutId(this.configuration.learnersNext, id),
    });
  }

  #makeLearner(id: NodeId): void {
    const progress = this.progress.get(id);
    if (progress?.isLearner) return;
    if (progress !== undefined) {
      this.#remove(id);
      this.progress.set(id, progress);
    }
    // A voter of the outgoing half goes on voting there, and is a learner once that half is left.
    if (this.configuration.votersOutgoing.includes(id)) {
      this.#set({ learnersNext: withId(this.configuration.learnersNext, id) });
      return;
    }
    if (progress === undefined) this.progress.set(id, this.#createProgress({ isLearner: true }));
    else progress.isLearner = true;
    this.#set({ learners: withId(this.configuration.learners, id) });
  }

  #remove(id: NodeId): void {
    if (!this.progress.has(id)) return;
    this.#set({
      voters: withoutId(this.configuration.voters, id),
      learners: withoutId(this.configuration.learners, id),
      learnersNext: withoutId(this.configuration.learnersNext, id),
    });
    // As long as it votes in the outgoing half it gets the log.
    if (!this.configuration.votersOutgoing.includes(id)) this.progress.delete(id);
  }

  #setLearner(id: NodeId, isLearner: boolean): void {
    const progress = this.progress.get(id);
    if (progress !== undefined) progress.isLearner = isLearner;
  }

  #set(part: Partial<Configuration>): void {
    this.configuration = { ...this.configuration, ...part };
  }
}
