// SPDX-License-Identifier: Apache-2.0
// A log that others cannot fill: about each of those who cause lines, one a minute of each sort, and about
// many at once, not all.

import { limits } from '../../base/limits.ts';

type Fields = Readonly<Record<string, unknown>>;
type Say = (event: string, fields: Fields) => void;

/** Part of the host's log. */
export type TransportLog = { readonly info: Say; readonly warn: Say };

export class SparingLog {
  readonly #log: TransportLog;
  readonly #said = new Set<string>();
  #ticks = 0;

  constructor(log: TransportLog) {
    this.#log = log;
  }

  /** `about`: of what one line a minute is said at most. */
  say(level: 'info' | 'warn', event: string, about: string, fields: Fields): void {
    const key = `${event} ${about}`;
    if (this.#said.has(key) || this.#said.size >= limits.transportLogLinesMax) return;
    this.#said.add(key);
    this.#log[level](event, fields);
  }

  tick(): void {
    this.#ticks += 1;
    if (this.#ticks * limits.transportTickMs < limits.transportLogPeriodMs) return;
    this.#ticks = 0;
    this.#said.clear();
  }
}
