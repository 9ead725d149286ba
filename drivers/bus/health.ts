// SPDX-License-Identifier: Apache-2.0
// Whether a device can be relied on to answer, and how soon one that did not is tried again. Pure.

import { limits } from '../../base/limits.ts';

export type Health = {
  /** Readings in a row that failed. */
  readonly failureCount: number;
  /** Share of the latest readings that succeeded: 0 for a stranger. */
  readonly reliability: number;
  /** What a failed attempt costs the line, as far as is known. */
  readonly costMs: number;
  readonly triedAtMs: number;
  /** When it last answered, or was given all the time that the line allows. */
  readonly triedLongAtMs: number;
  /** Not to be asked before. */
  readonly restUntilMs: number;
};

export type Attempt = {
  readonly answered: boolean;
  readonly patient: boolean;
  readonly startedMs: number;
  readonly endedMs: number;
  /** How long the device must be left alone. */
  readonly restMs: number;
};

export const stranger: Health = {
  failureCount: 0,
  reliability: 0,
  costMs: 0,
  triedAtMs: Number.NEGATIVE_INFINITY,
  triedLongAtMs: Number.NEGATIVE_INFINITY,
  restUntilMs: Number.NEGATIVE_INFINITY,
};

const weight = 0.1;
const reliable = 0.75;
const firstPauseMs = 1_000;

export function afterAttempt(health: Health, attempt: Attempt): Health {
  const { answered, patient, startedMs, endedMs, restMs } = attempt;
  const isStranger = health === stranger;
  const reliability = health.reliability + weight * (Number(answered) - health.reliability);
  return {
    reliability,
    failureCount: answered ? 0 : health.failureCount + 1,
    costMs: answered || patient ? health.costMs : endedMs - startedMs,
    triedAtMs: endedMs,
    triedLongAtMs: answered || patient || isStranger ? endedMs : health.triedLongAtMs,
    restUntilMs: endedMs + restMs,
  };
}

/** One failure of a device that usually answers is an accident. */
export function isDoubtful({ failureCount, reliability }: Health): boolean {
  return failureCount > 1 || (failureCount === 1 && reliability < reliable);
}

/** When one that did not answer may be tried again; when it must be. */
export function retryAtMs({ failureCount, triedAtMs, restUntilMs }: Health): number {
  const pauseMs = Math.min(firstPauseMs * 2 ** (failureCount - 1), limits.retryPauseMsMax / 2);
  return Math.max(triedAtMs + pauseMs, restUntilMs);
}

export function retryDueMs({ triedAtMs, restUntilMs }: Health): number {
  return Math.max(triedAtMs + limits.retryPauseMsMax, restUntilMs);
}
