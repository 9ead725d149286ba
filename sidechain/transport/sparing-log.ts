// SPDX-License-Identifier: Apache-2.0
// A log that strangers cannot fill: of what they cause, one line a minute about each, and of few of them.

import { limits } from '../../base/limits.ts';

type Say = (event: string, fields: Readonly<Record<string, unknown>>) => void;

/** Part of the host's log. */
export type TransportLog = { readonly info: Say; readonly warn: Say };

export class SparingLog {
  readonly info: Say;
  readonly #log: TransportLog;
  readonly #said = new Set<string>();
  #ticks = 0;

  constructor(log: TransportLog) {
    this.#log = log;
    this.info = log.info;
  }

  /** `about`: what one line a minute is said of. */
  warn(about: string, event: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#said.has(about) || this.#said.size >= limits.transportLogLinesMax) return;
    this.#said.add(about);
    this.#log.warn(event, fields);
  }

  tick(): void {
    this.#ticks += 1;
    if (this.#ticks * limits.transportTickMs < limits.transportLogPeriodMs) return;
    this.#ticks = 0;
    this.#said.clear();
  }
}
