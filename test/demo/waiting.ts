// SPDX-License-Identifier: Apache-2.0
// Waiting for what the running programs come to.

export type Waiting = {
  /** Of the wall clock, in milliseconds. */
  readonly deadlineMs: number;
  readonly ending: AbortSignal;
};

const pauseMs = 250;

/** Asks again and again until there is an answer. @throws what did not come, or the end. */
export async function waitFor<T>(
  what: string,
  { deadlineMs, ending }: Waiting,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  for (;;) {
    ending.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadlineMs) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
