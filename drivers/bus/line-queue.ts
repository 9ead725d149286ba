// SPDX-License-Identifier: Apache-2.0
// One thing at a time on a line, the most urgent first, those alike in the order they came.

import { limits } from '../../base/limits.ts';
import { type Faulty, faulty, type Priority } from '../line.ts';

type Job = () => Promise<void>;

const order: readonly Priority[] = ['control', 'alarm', 'scheduled', 'scan'];

export class LineQueue {
  readonly #waiting: Readonly<Record<Priority, Job[]>> = {
    control: [],
    alarm: [],
    scheduled: [],
    scan: [],
  };
  #working = false;

  /** `job` never rejects. A full queue answers `busy` at once. */
  run<A>(priority: Priority, job: () => Promise<A>): Promise<A | Faulty> {
    const waiting = this.#waiting[priority];
    if (waiting.length >= limits.lineQueueMax) {
      const detail = `${waiting.length} requests wait on this line already`;
      return Promise.resolve(faulty({ kind: 'busy', detail, hint: 'read less, or less often' }));
    }
    return new Promise((resolve) => {
      waiting.push(async () => resolve(await job()));
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (let job = this.#next(); job !== undefined; job = this.#next()) await job();
    this.#working = false;
  }

  #next(): Job | undefined {
    for (const priority of order) {
      const job = this.#waiting[priority].shift();
      if (job !== undefined) return job;
    }
    return undefined;
  }
}
