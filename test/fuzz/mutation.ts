// SPDX-License-Identifier: Apache-2.0
// Bytes for a decoder: noise, and good samples as faults and attackers change them. The same seed makes the
// same bytes.

import { concat } from '../../base/bytes.ts';

/** 0 to below `bound`. */
export type Dice = (bound: number) => number;

const noiseBytesMax = 512;
const mutatedBytesMax = 64 * 1024;
const changesMax = 6;

/** Heads that promise much, ends, escapes: what the formats that are read mark their parts with. */
const marks = [
  [0x9a, 0xff, 0xff, 0xff, 0xff],
  [0xba, 0xff, 0xff, 0xff, 0xff],
  [0x5b, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x9f],
  [0xd2],
  [0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
  [0xff, 0xff, 0xff, 0xff],
  new Array<number>(40).fill(0x81),
  new Array<number>(40).fill(0x71),
  [0x1b, 0x1b, 0x1b, 0x1b, 1, 1, 1, 1],
  [0x1b, 0x1b, 0x1b, 0x1b, 0x1a, 0, 0, 0],
  [0xff, 0x8f, 0x8f, 0x0f],
  [0x68, 0, 0, 0, 0, 0, 0, 0x68],
  [0xfe, 0xfe, 0xfe, 0xfe],
  [0x2f],
  [0x0d, 0x0a, 0x21],
  [0x02],
  [0x03, 0x00],
  [0xdb, 0x08],
  [0x0a],
  [0x28],
  [0x29],
  [0x2a],
].map((mark) => Uint8Array.from(mark));

/** SplitMix32, from the seed and a name, so that each decoder has dice of its own. */
export function diceOf(seed: number, name: string): Dice {
  let state = seed | 0;
  for (const character of name) state = (Math.imul(state, 31) + character.charCodeAt(0)) | 0;
  return (bound) => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % bound;
  };
}

export function hostileBytes(dice: Dice, samples: readonly Uint8Array[]): Uint8Array {
  const sample = pick(dice, samples);
  if (sample === undefined || dice(8) === 0) return noise(dice, dice(noiseBytesMax));
  let bytes = sample;
  for (let left = 1 + dice(changesMax); left > 0; left--) bytes = changed(dice, bytes, samples);
  return bytes.slice(0, mutatedBytesMax);
}

function changed(dice: Dice, bytes: Uint8Array, samples: readonly Uint8Array[]): Uint8Array {
  const at = dice(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (dice(8)) {
    case 0:
      return concat(before, noise(dice, 1), after.subarray(1));
    case 1: {
      const bit = 1 << dice(8);
      return concat(
        before,
        after.slice(0, 1).map((byte) => byte ^ bit),
        after.subarray(1),
      );
    }
    case 2:
      return concat(before, pick(dice, marks) ?? before, after);
    case 3:
      return concat(before, pick(dice, marks) ?? before, after.subarray(dice(12)));
    case 4:
      return concat(before, after.subarray(dice(after.length + 1)));
    case 5:
      return concat(before, after.subarray(0, dice(200)), after);
    case 6:
      return before;
    default:
      return concat(before, (pick(dice, samples) ?? before).subarray(dice(bytes.length + 1)));
  }
}

function noise(dice: Dice, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => dice(256));
}

function pick<T>(dice: Dice, among: readonly T[]): T | undefined {
  return among[dice(Math.max(among.length, 1))];
}
