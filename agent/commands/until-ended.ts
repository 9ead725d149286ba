// SPDX-License-Identifier: Apache-2.0
/** Resolves when the program is told to end. */
export function untilEnded(ending: AbortSignal): Promise<void> {
  if (ending.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    ending.addEventListener('abort', () => resolve(), { once: true });
  });
}
