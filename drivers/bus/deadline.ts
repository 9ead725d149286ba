// SPDX-License-Identifier: Apache-2.0
// A bound on every wait for something outside.

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

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.ceil(ms)));
}
