// SPDX-License-Identifier: Apache-2.0
// What applied blocks have to store, until another write takes it along: a write of its own for each
// block wears the card. The log on this disk has these blocks, and a crash makes the next start
// apply them again; until then nobody is told of them, and no checkpoint has them.

import type { Statement } from '../host/sqlite.ts';

export type Held = {
  readonly statements: readonly Statement[];
  /** Once they are durable. */
  readonly finish: () => void;
};

export class HeldBlocks {
  readonly #holdMs: number;
  #held: Held[] = [];
  #sinceMs = 0;

  /** @param holdMs at most; 0 = not at all. */
  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  get length(): number {
    return this.#held.length;
  }

  add(held: Held, nowMs: number): void {
    if (this.#held.length === 0) this.#sinceMs = nowMs;
    this.#held.push(held);
  }

  /** Whether what is held has to be written now, with company or without. */
  isDue(nowMs: number): boolean {
    return this.#held.length > 0 && nowMs - this.#sinceMs >= this.#holdMs;
  }

  /** All of it, in the order of the blocks. */
  take(): Held {
    const taken = this.#held;
    this.#held = [];
    return {
      statements: taken.flatMap(({ statements }) => statements),
      finish: () => {
        for (const { finish } of taken) finish();
      },
    };
  }
}
