// SPDX-License-Identifier: Apache-2.0
// A bound on every wait for something outside.

import { monotonicMs } from './monotonic.ts';

/** `work`, or a rejection with `reason()` after `ms`; what `work` does later is ignored. */
export async function deadline<T>(ms: number, work: Promise<T>, reason: () => unknown): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(reason()), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** To a fraction of a millisecond: a timer is up to one late, which is long on a fast line. */
export async function exactPause(ms: number): Promise<void> {
  const endAt = monotonicMs() + ms;
  if (ms > 1) await new Promise((resolve) => setTimeout(resolve, Math.floor(ms - 1)));
  while (monotonicMs() < endAt) await new Promise((resolve) => setImmediate(resolve));
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.ceil(ms)));
}
