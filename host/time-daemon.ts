// SPDX-License-Identifier: Apache-2.0
// Whether a time daemon disciplines the wall clock now: systemd-timesyncd by the file that it touches at
// each synchronisation, chrony by its own report, any other (ntpd, one for PTP) by what it told the kernel,
// which timedatectl asks (adjtimex(2)). No daemon, no answer, an old answer: not synchronised.

import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { limits } from '../base/limits.ts';

/** `errorMs`: the bound that the daemon itself states, rounded up; null where it states none. */
export type Synchronisation =
  | { readonly kind: 'synchronised'; readonly errorMs: number | null }
  | { readonly kind: 'not-synchronised' };

const notSynchronised: Synchronisation = { kind: 'not-synchronised' };

/** Never rejects. */
export async function askTimeDaemon(nowMs: number): Promise<Synchronisation> {
  const touched = statSync('/run/systemd/timesync/synchronized', { throwIfNoEntry: false });
  if (touched !== undefined && isFresh(touched.mtimeMs, nowMs)) {
    return { kind: 'synchronised', errorMs: null };
  }
  const said = existsSync('/run/chrony')
    ? parseChronyTracking(await answerOf('chronyc', ['-n', '-c', 'tracking']))
    : notSynchronised;
  if (said.kind === 'synchronised') return said;
  // Where timesyncd runs, its file has the last word: the kernel goes on believing it for a day.
  if (existsSync('/run/systemd/timesync')) return notSynchronised;
  return parseTimedatectl(await answerOf('timedatectl', ['show', '--property=NTPSynchronized']));
}

/** Nothing where there is no such program, or no answer in time. */
async function answerOf(program: string, words: readonly string[]): Promise<string> {
  try {
    const options = { timeout: limits.timeDaemonTimeoutMs };
    return (await promisify(execFile)(program, words, options)).stdout;
  } catch {
    return '';
  }
}

/** One line of `timedatectl show`; see timedatectl(1). It states no bound. */
export function parseTimedatectl(line: string): Synchronisation {
  return line.trim() === 'NTPSynchronized=yes'
    ? { kind: 'synchronised', errorMs: null }
    : notSynchronised;
}

/** timesyncd polls at least every 2,048 s: two polls missed, and the clock runs on its own. */
export function isFresh(synchronisedAtMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - synchronisedAtMs) <= limits.timeSynchronisationMaxAgeMs;
}

/**
 * One line of `chronyc -c tracking`; see chronyc(1), "tracking", which also says how the bound is made up:
 * |system time offset| + root dispersion + root delay / 2.
 */
export function parseChronyTracking(line: string): Synchronisation {
  const fields = line.trim().split(',');
  const seconds = [fields[4], fields[11], fields[10]].map((field) => Number(field || Number.NaN));
  const [offset = 0, dispersion = 0, delay = 0] = seconds;
  if (fields.length !== 14 || fields[13] === 'Not synchronised') return notSynchronised;
  if (!seconds.every(Number.isFinite)) return notSynchronised;
  const errorMs = Math.ceil((Math.abs(offset) + dispersion + delay / 2) * 1000);
  return { kind: 'synchronised', errorMs };
}
