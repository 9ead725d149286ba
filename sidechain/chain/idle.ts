// SPDX-License-Identifier: Apache-2.0
// When a chain that has nothing to say makes a block nevertheless: so that its silence shows, and
// so that a summary window closes on time although no entry comes that would close it.

/**
 * Chain time at which the next window closes that is still open at `timeMs`: its end and the grace.
 */
export function nextCloseMs(
  summary: { readonly windowMs: number; readonly graceMs: number },
  timeMs: number,
): number {
  const { windowMs, graceMs } = summary;
  return (Math.floor((timeMs - graceMs) / windowMs) + 1) * windowMs + graceMs;
}

/**
 * Whether a block without entries is due: a window is past its end and grace at the time the block
 * would have, or there was no block for a whole heartbeat.
 */
export function isIdleBlockDue(
  chain: {
    readonly summary: { readonly windowMs: number; readonly graceMs: number };
    readonly previousMs: number;
    readonly heartbeatMs: number;
  },
  now: { readonly blockTimeMs: number; readonly sinceLastBlockMs: number },
): boolean {
  return (
    now.sinceLastBlockMs >= chain.heartbeatMs ||
    now.blockTimeMs >= nextCloseMs(chain.summary, chain.previousMs)
  );
}
