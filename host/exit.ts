// SPDX-License-Identifier: Apache-2.0
// The outermost frame of every program: how it is asked to end, and what is said when it fails. The only file
// that ends the process. An operating error is told in plain lines, a fault of ours with its stack.

import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { monotonicMs } from './clock.ts';

/** What a program ends with when it does not say so itself. */
export const exitCodes = Object.freeze({
  /** Something outside did not do its part; the message says what to do. */
  operatingError: 1,
  /** A fault of ours (EX_SOFTWARE): a supervisor starts the program again. */
  fault: 70,
});

const sameSignalMs = 200;

/**
 * Runs a program to its end and ends the process with the code it returns. `ending` is aborted by the first
 * SIGINT, SIGTERM or SIGHUP: then it has `limits.exitTimeoutMs` to close what it opened; a second signal ends
 * it at once. What comes with the first is no second one: `timeout` sends it to the process and to its group.
 */
export async function run(main: (ending: AbortSignal) => Promise<number>): Promise<never> {
  const ending = new AbortController();
  let toldMs = 0;
  for (const [signal, number] of [
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.on(signal, () => {
      if (ending.signal.aborted) {
        if (monotonicMs() - toldMs < sameSignalMs) return;
        process.exit(128 + number);
      }
      toldMs = monotonicMs();
      ending.abort(signal);
      setTimeout(() => {
        process.stderr.write(`tieline: did not end within ${limits.exitTimeoutMs} ms; ended\n`);
        process.exit(128 + number);
      }, limits.exitTimeoutMs).unref();
    });
  }
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  // `tieline … | head`: whoever reads has seen enough.
  process.stdout.on('error', () => process.exit(0));
  process.stderr.on('error', () => {});
  try {
    return process.exit(await main(ending.signal));
  } catch (error) {
    return fail(error);
  }
}

function fail(thrown: unknown): never {
  process.stderr.write(`${explain(thrown, { debug: 'TIELINE_DEBUG' in process.env })}\n`);
  return process.exit(thrown instanceof TielineError ? exitCodes.operatingError : exitCodes.fault);
}

/** Resolves when the program is told to end. */
export function untilEnded(ending: AbortSignal): Promise<void> {
  if (ending.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    ending.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What the user reads. The stack of an operating error is for `debug` only. */
export function explain(thrown: unknown, options: { readonly debug: boolean }): string {
  if (thrown instanceof TielineError) {
    const hint = thrown.hint === undefined ? [] : [`  ${thrown.hint}`];
    const stack = options.debug ? [inspect(thrown)] : [];
    return [`tieline: ${thrown.message}`, ...hint, ...stack].join('\n');
  }
  return `tieline: this is a fault of the program, please report it\n${inspect(thrown)}`;
}

function inspect(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own = thrown.stack ?? thrown.message;
  return thrown.cause === undefined ? own : `${own}\ncaused by: ${inspect(thrown.cause)}`;
}
