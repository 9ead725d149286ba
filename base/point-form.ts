// SPDX-License-Identifier: Apache-2.0
// The encodings of curve points with which nothing is verified, told by their bytes alone: points
// of small order (as a key, one signature of it fits many messages) and second encodings of a
// point. Libraries, and versions of one library, differ in which of them they take, as key or as R;
// both suites refuse all.

import { toHex } from './bytes.ts';

/** y little-endian, the sign of x in the topmost bit (RFC 8032 §5.1.2): a public key, or R of a
 * signature. */
export const pointBytes = 32;

/** The y coordinates of the eight points of small order. */
const smallOrderY = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** y from the prime 2^255 − 19 (ed ff … ff 7f) upwards: the same point has a smaller y too. */
const unreducedY = /^(e[d-f]|f[0-9a-f])f{60}7f$/;

/** The topmost bytes of all of these, without the sign: most points are told by theirs. */
const weakTops = new Set([0x00, 0x05, 0x7a, 0x7f]);

/** True for small order, for y that is not reduced, for a wrong length. That bytes pass does not
 * make them a point: half of all y have no x. */
export function isWeakPoint(encoded: Uint8Array): boolean {
  if (encoded.length !== pointBytes) return true;
  if (!weakTops.has((encoded[pointBytes - 1] as number) & 0x7f)) return false;
  const y = encoded.slice();
  y[pointBytes - 1] = (y[pointBytes - 1] as number) & 0x7f;
  const hex = toHex(y);
  return smallOrderY.has(hex) || unreducedY.test(hex);
}
