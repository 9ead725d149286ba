// SPDX-License-Identifier: Apache-2.0
// One lane a chain: its messages are handled one after another, those of different chains side by
// side. What a single chain, and all together, may have waiting is bounded: a flood on one topic
// costs only that chain.

import { limits } from '../../base/limits.ts';

type Lane = { waiting: number; last: Promise<void> };

export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  #bytes = 0;
  #messages = 0;

  /** What is in hand now. */
  get load(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#messages, bytes: this.#bytes };
  }

  /**
   * Runs `handle` when all earlier ones of this chain have ended. `handle` must not reject.
   * @returns undefined where there is no room; nothing runs then.
   */
  enter(
    message: { readonly chain: string; readonly byteCount: number },
    handle: () => Promise<void>,
  ): Promise<void> | undefined {
    const { chain, byteCount } = message;
    const lane = this.#lanes.get(chain) ?? { waiting: 0, last: Promise.resolve() };
    if (lane.waiting >= limits.chainMessagesMax) return undefined;
    if (this.#bytes + byteCount > limits.ingestBytesMax) return undefined;
    lane.waiting += 1;
    this.#bytes += byteCount;
    this.#messages += 1;
    this.#lanes.set(chain, lane);
    lane.last = lane.last.then(handle).finally(() => {
      lane.waiting -= 1;
      this.#bytes -= byteCount;
      this.#messages -= 1;
      if (lane.waiting === 0) this.#lanes.delete(chain);
    });
    return lane.last;
  }

  /** Resolves when nothing waits any more. */
  async empty(): Promise<void> {
    while (this.#lanes.size > 0) {
      await Promise.all([...this.#lanes.values()].map(({ last }) => last));
    }
  }
}
