// SPDX-License-Identifier: Apache-2.0
// Chance, all of it derived from one seed: whoever has the seed has the whole history. Each part of the
// world draws from a stream of its own, so that one of them drawing more leaves the others as they are.

import { crc32 } from 'node:zlib';
import { assert } from '../../../base/assert.ts';

export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#state = this.#seed;
  }

  /** Mulberry32. From 0 up to but without 1. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    const state = this.#state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  /** A stream of its own, the same for the same seed and name. */
  stream(name: string): Random {
    return new Random(crc32(name, this.#seed));
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  any<T>(choices: readonly T[]): T {
    const chosen = choices[Math.floor(this.next() * choices.length)];
    assert(chosen !== undefined, 'there is something to choose from');
    return chosen;
  }

  /** Some of them, each as likely as not, in their order. */
  some<T>(choices: readonly T[]): readonly T[] {
    return choices.filter(() => this.chance(0.5));
  }

  shuffled<T>(all: readonly T[]): readonly T[] {
    const left = [...all];
    return all.flatMap(() => left.splice(Math.floor(this.next() * left.length), 1));
  }

  /** How long until something that happens `perMinute` times a minute on average. */
  untilNextMs(perMinute: number): number {
    return Math.ceil((-Math.log(1 - this.next()) * 60_000) / perMinute);
  }
}
