// SPDX-License-Identifier: Apache-2.0
// One lane a chain: its messages are handled one after another, those of different chains side by
// side. What a single chain, and all together, may have waiting is bounded. A chain from which only
// forged or broken messages come is looked at now and then: a flood on one topic costs that chain.

import { setTimeout } from 'node:timers/promises';
import { limits } from '../../base/limits.ts';

type Lane = {
  waiting: number;
  /** Messages in a row that no honest member sends. */
  faults: number;
  last: Promise<void>;
};

function isSuspect({ faults }: Lane): boolean {
  return faults >= limits.suspectFaults;
}

function waitingMax(lane: Lane): number {
  return isSuspect(lane) ? limits.suspectMessagesMax : limits.chainMessagesMax;
}

export class Lanes {
  readonly #sleep: (ms: number) => Promise<unknown>;
  readonly #lanes = new Map<string, Lane>();
  #bytes = 0;
  #messages = 0;

  constructor(sleep: (ms: number) => Promise<unknown> = setTimeout) {
    this.#sleep = sleep;
  }

  /** What is in hand now. */
  get load(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#messages, bytes: this.#bytes };
  }

  /**
   * Runs `handle` when all earlier ones of this chain have ended. `handle` must not reject; it says
   * whether the message was one that an honest member may send.
   * @returns what resolves when it was handled; undefined where there is no room, nothing runs then.
   */
  enter(
    message: { readonly chain: string; readonly byteCount: number },
    handle: () => Promise<boolean>,
  ): Promise<void> | undefined {
    const { chain, byteCount } = message;
    const lane = this.#lanes.get(chain) ?? { waiting: 0, faults: 0, last: Promise.resolve() };
    if (lane.waiting >= waitingMax(lane)) return undefined;
    if (this.#bytes + byteCount > limits.ingestBytesMax) return undefined;
    lane.waiting += 1;
    this.#bytes += byteCount;
    this.#messages += 1;
    this.#lanes.set(chain, lane);
    const handled = lane.last.then(handle).then((isHonest) => {
      lane.faults = isHonest ? 0 : lane.faults + 1;
      lane.waiting -= 1;
      this.#bytes -= byteCount;
      this.#messages -= 1;
    });
    lane.last = handled.then(async () => {
      if (isSuspect(lane)) await this.#sleep(limits.suspectPauseMs);
      if (lane.waiting === 0 && lane.faults === 0) this.#lanes.delete(chain);
    });
    return handled;
  }

  /** Resolves when nothing waits any more. */
  async empty(): Promise<void> {
    while (this.#messages > 0) {
      await Promise.all([...this.#lanes.values()].map(({ last }) => last));
    }
  }
}
