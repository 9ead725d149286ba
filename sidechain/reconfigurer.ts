// SPDX-License-Identifier: Apache-2.0
// A leader's way from Raft's configuration to what the ledger asks for, one member at a time: whoever is
// revoked leaves, who has caught up votes, who is granted learns. It compares and does the next step,
// whatever was done before and by whom: so no crash and no change of leader leaves anything half done.

import { limits } from '../base/limits.ts';
import type { Log } from '../host/log.ts';
import type { Members } from './members.ts';
import type { ChangeOperation } from './raft/configuration/change.ts';
import type { NodeId } from './raft/entry.ts';
import type { RaftNode } from './raft/raft-node.ts';
import type { Status } from './raft/status.ts';

export type ReconfigurerParts = {
  readonly members: Members;
  readonly raft: RaftNode;
  /** Whether we lead, and all before our term is applied: only then the ledger is the newest. */
  readonly mayPropose: () => boolean;
  readonly monotonicMs: () => number;
  readonly log: Log;
};

type Step =
  | { readonly kind: 'change'; readonly operation: ChangeOperation; readonly member: NodeId }
  /** We are revoked ourselves: whoever leads next takes us out. */
  | { readonly kind: 'hand-over'; readonly to: NodeId };

export class Reconfigurer {
  readonly #parts: ReconfigurerParts;
  /** The change that is on its way, and not applied yet. */
  #proposed = { term: 0, index: 0 };
  #handOverMs = Number.NEGATIVE_INFINITY;
  /** Since when a member is to leave, and how much there was to be heard then. */
  readonly #leaving = new Map<NodeId, { readonly sinceMs: number; readonly commit: number }>();

  constructor(parts: ReconfigurerParts) {
    this.#parts = parts;
  }

  tick(): void {
    const { raft, mayPropose } = this.#parts;
    const status = raft.status();
    const { term, index } = this.#proposed;
    const isUnderWay = term === status.term && status.applied < index;
    if (!mayPropose() || isUnderWay) return;
    const step = nextStep(this.#parts.members, status, (one) => this.#hasHeard(one, status));
    if (step?.kind === 'hand-over') this.#handOver(step.to);
    if (step?.kind === 'change') this.#propose(step);
  }

  /**
   * Who leaves is cut off at once, and should know by then why: it has what was committed when it
   * was to leave, and a few heartbeats have told it so. Who does not answer is not waited for.
   */
  #hasHeard(member: NodeId, { commit, progress }: Status): boolean {
    const nowMs = this.#parts.monotonicMs();
    const known = this.#leaving.get(member);
    if (known === undefined) this.#leaving.set(member, { sinceMs: nowMs, commit });
    const { sinceMs, commit: wanted } = known ?? { sinceMs: nowMs, commit };
    const waitedMs = nowMs - sinceMs;
    const has = (progress.get(member)?.match ?? 0) >= wanted;
    return waitedMs >= (has ? limits.farewellMs : limits.farewellMsMax);
  }

  #handOver(to: NodeId): void {
    const { raft, monotonicMs } = this.#parts;
    if (monotonicMs() - this.#handOverMs < limits.standingFreshMs) return;
    this.#handOverMs = monotonicMs();
    raft.transferLeader(to);
  }

  #propose({ operation, member }: Extract<Step, { kind: 'change' }>): void {
    const { raft, members, log } = this.#parts;
    const changes = [{ operation, member }];
    const proposed = raft.proposeChange({
      transition: 'auto',
      changes,
      context: new Uint8Array(),
    });
    if (!proposed.ok || proposed.value.kind !== 'appended') return;
    const { term, lastIndex: index } = proposed.value;
    this.#proposed = { term, index };
    log.info('reconfiguration', { operation, member: members.member(member)?.name });
  }
}

type HasHeard = (member: NodeId) => boolean;

function nextStep(members: Members, status: Status, hasHeard: HasHeard): Step | undefined {
  return (
    leaveStep(members, status, hasHeard) ?? voteStep(members, status) ?? learnStep(members, status)
  );
}

/** Where only revoked members vote, they do so until another can. */
function leaveStep(
  members: Members,
  { id, configuration, progress }: Status,
  hasHeard: HasHeard,
): Step | undefined {
  const { voters, learners } = configuration;
  const isRevoked = (one: NodeId): boolean => members.member(one)?.revoked === true;
  const staying = voters.filter((one) => !isRevoked(one));
  const leaving = [...learners, ...voters].filter(isRevoked);
  const others = leaving.filter((one) => one !== id && hasHeard(one));
  const [first] = staying.length > 0 ? others : others.filter((one) => learners.includes(one));
  if (first !== undefined) return { kind: 'change', operation: 'remove', member: first };
  const matchOf = (one: NodeId): number => progress.get(one)?.match ?? 0;
  const [to] = [...staying].sort((a, b) => matchOf(b) - matchOf(a));
  return leaving.includes(id) && to !== undefined ? { kind: 'hand-over', to } : undefined;
}

function voteStep(members: Members, { configuration, progress, commit }: Status): Step | undefined {
  const ready = members.voters.find(({ id }) => {
    const known = progress.get(id);
    if (known === undefined || !configuration.learners.includes(id)) return false;
    const { recentActive, state, match } = known;
    return recentActive && state === 'replicate' && commit - match <= limits.learnerLagMax;
  });
  return ready && { kind: 'change', operation: 'add-voter', member: ready.id };
}

function learnStep(members: Members, { configuration }: Status): Step | undefined {
  const { voters, learners } = configuration;
  const isNew = (id: NodeId): boolean => !voters.includes(id) && !learners.includes(id);
  const granted = members.all.find(({ id }) => isNew(id));
  return granted && { kind: 'change', operation: 'add-learner', member: granted.id };
}
