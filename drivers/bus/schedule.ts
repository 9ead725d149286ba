// SPDX-License-Identifier: Apache-2.0
// What a line does next. Each task has a grid of instants that never drifts or bunches; an instant
// that passes while the line is busy is left out, not made up for. Of those due, alarms go first, and
// among their like the one whose next instant is nearest. A device that does not answer is tried where
// that keeps nobody waiting, and else within a share of the line's time, and at least every few
// seconds while that suffices. Pure: it is told the time.

import { assert } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import {
  type Attempt,
  afterAttempt,
  type Health,
  isDoubtful,
  retryAtMs,
  retryDueMs,
  stranger,
} from './health.ts';
import { TroubleBudget } from './trouble-budget.ts';

export type Task = {
  readonly id: string;
  /** The device, by its address on the line: tasks of one device are well or ill together. */
  readonly peer: string;
  readonly periodMs: number;
  /** Goes before all that is due and no alarm. */
  readonly alarm?: boolean;
};

// What a device takes that is silent for as long as the line allows, with its request.
const longMargin = 1.2;

export type Step =
  | {
      readonly kind: 'read';
      readonly id: string;
      /** Whether to wait as long as the line allows: nobody else is due meanwhile. */
      readonly patient: boolean;
      /** A second attempt at an instant that was read in vain. */
      readonly retry: boolean;
      /** Instants of this task that were left out before. */
      readonly missedCount: number;
    }
  | { readonly kind: 'wait'; readonly untilMs: number };

type Entry = Task & {
  readonly startMs: number;
  /** Number of the first instant that nobody has tried to read. */
  index: number;
};

type Candidate = { readonly entry: Entry; readonly health: Health };

type Instant = { readonly nowMs: number; readonly idleMs: number };

export class Schedule {
  readonly #budget: TroubleBudget;
  readonly #longCostMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #peers = new Map<string, Health>();

  /** `timeoutMs`: the longest time that the line allows a device. */
  constructor({ nowMs, timeoutMs }: { readonly nowMs: number; readonly timeoutMs: number }) {
    this.#longCostMs = longMargin * timeoutMs;
    this.#budget = new TroubleBudget({ nowMs, savingsMaxMs: this.#longCostMs });
  }

  add(task: Task, nowMs: number): void {
    assert(!this.#entries.has(task.id), 'a task is added once');
    this.#entries.set(task.id, { ...task, startMs: nowMs, index: 0 });
  }

  remove(id: string): void {
    this.#entries.delete(id);
  }

  /** A `read` is to be done now, and to be `ended` before the next step. */
  next(nowMs: number): Step {
    const { sound, doubtful } = this.#candidates();
    const idleUntilMs = Math.min(...sound.map(dueAtMs));
    const instant = { nowMs, idleMs: idleUntilMs - nowMs };
    const probe = tried(doubtful.filter(({ health }) => this.#mayProbe(health, instant)));
    if (probe !== undefined) {
      return this.#read(probe, nowMs, this.#mayProbeLong(probe.health, instant));
    }
    const read = foremost(sound.filter((candidate) => dueAtMs(candidate) <= nowMs));
    if (read !== undefined) {
      const others = sound.filter(({ entry }) => entry.peer !== read.entry.peer);
      const idleMs = Math.min(...others.map(dueAtMs)) - nowMs;
      return this.#read(read, nowMs, idleMs >= this.#longCostMs);
    }
    const probesAtMs = doubtful.map(({ health }) => this.#probeAtMs(health, instant));
    return { kind: 'wait', untilMs: Math.min(idleUntilMs, ...probesAtMs) };
  }

  ended(id: string, attempt: Attempt): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const health = this.#peers.get(entry.peer) ?? stranger;
    // What the first contact with a stranger takes nobody could know.
    if (!attempt.answered && health !== stranger) {
      this.#budget.spend(attempt.endedMs - attempt.startedMs, attempt.endedMs);
    }
    this.#peers.set(entry.peer, afterAttempt(health, attempt));
  }

  /** Those that are read on their instants, and one task of each device that is tried again. */
  #candidates(): { readonly sound: Candidate[]; readonly doubtful: Candidate[] } {
    const sound: Candidate[] = [];
    const doubtful = new Map<string, Candidate>();
    for (const entry of this.#entries.values()) {
      const candidate = { entry, health: this.#peers.get(entry.peer) ?? stranger };
      if (!isRetried(candidate)) {
        sound.push(candidate);
        continue;
      }
      const other = doubtful.get(entry.peer);
      doubtful.set(entry.peer, other === undefined ? candidate : nearer(other, candidate));
    }
    return { sound, doubtful: [...doubtful.values()] };
  }

  /** Two of three: it is paid for, it keeps nobody waiting, it cannot be put off. */
  #mayProbe(health: Health, { nowMs, idleMs }: Instant): boolean {
    if (nowMs < retryAtMs(health)) return false;
    const paid = this.#budget.canSpend(health.costMs, nowMs);
    const fits = idleMs >= health.costMs;
    const due = nowMs >= retryDueMs(health);
    return Number(paid) + Number(fits) + Number(due) >= 2;
  }

  #mayProbeLong({ triedLongAtMs }: Health, { nowMs, idleMs }: Instant): boolean {
    const pauseMs = nowMs - triedLongAtMs;
    const fits = idleMs >= this.#longCostMs;
    return (
      this.#budget.canSpend(this.#longCostMs, nowMs) &&
      pauseMs >= (fits ? limits.longRetryPauseMs : limits.longRetryPauseMsMax)
    );
  }

  #probeAtMs(health: Health, { nowMs, idleMs }: Instant): number {
    const paidAtMs = this.#budget.canSpendAtMs(health.costMs, nowMs);
    const dueMs = retryDueMs(health);
    const fits = idleMs >= health.costMs;
    const atMs = fits ? Math.min(paidAtMs, dueMs) : Math.max(paidAtMs, dueMs);
    return Math.max(atMs, retryAtMs(health));
  }

  #read({ entry }: Candidate, nowMs: number, patient: boolean): Step {
    const current = Math.floor((nowMs - entry.startMs) / entry.periodMs);
    const retry = current < entry.index;
    const missedCount = retry ? 0 : current - entry.index;
    entry.index = Math.max(entry.index, current + 1);
    return { kind: 'read', id: entry.id, patient, retry, missedCount };
  }
}

/** A device that is in doubt, and one whose next instant is far: an accident is soon made good. */
function isRetried(candidate: Candidate): boolean {
  const { health } = candidate;
  if (isDoubtful(health)) return true;
  return health.failureCount > 0 && dueAtMs(candidate) > retryDueMs(health);
}

function dueAtMs({ entry, health }: Candidate): number {
  return Math.max(entry.startMs + entry.index * entry.periodMs, health.restUntilMs);
}

/** When it is too late for the instant that is due: the earlier, the more urgent. */
function deadlineMs({ entry }: Candidate): number {
  return entry.startMs + (entry.index + 1) * entry.periodMs;
}

function nearer(a: Candidate, b: Candidate): Candidate {
  return deadlineMs(b) < deadlineMs(a) ? b : a;
}

function nearest(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.length === 0 ? undefined : candidates.reduce(nearer);
}

function foremost(candidates: readonly Candidate[]): Candidate | undefined {
  return nearest(candidates.filter(({ entry }) => entry.alarm === true)) ?? nearest(candidates);
}

/** The one that was tried longest ago. */
function tried(candidates: readonly Candidate[]): Candidate | undefined {
  const [one, ...others] = candidates;
  if (one === undefined) return undefined;
  const older = (a: Candidate, b: Candidate) => (b.health.triedAtMs < a.health.triedAtMs ? b : a);
  return others.reduce(older, one);
}
