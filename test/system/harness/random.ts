// SPDX-License-Identifier: Apache-2.0
// Chance that can be had again: xorshift32 from a seed that a failing test prints.

export type Random = {
  /** A whole number from `min` to `max`, both included. */
  readonly between: (min: number, max: number) => number;
};

export function seededRandom(seed: number): Random {
  // Any state but 0 has the full period.
  let state = seed >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  return { between: (min, max) => min + Math.floor(next() * (max - min + 1)) };
}

/** From the environment where a run is to be repeated, else a new one. */
export function seedOfRun(): number {
  const given = process.env.TIELINE_SEED;
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) + 1 : Number(given);
}
