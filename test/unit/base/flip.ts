// SPDX-License-Identifier: Apache-2.0
// Altered copies: what a proof or a record looks like after a fault or a forger touched one bit of it.

/** A copy in which bit `bit`, counted from the first byte's lowest, is the other. */
export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
  return flipped;
}

/** One copy for each bit. */
export function* everyFlip(bytes: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < 8 * bytes.length; bit++) yield flip(bytes, bit);
}
