// SPDX-License-Identifier: Apache-2.0
// The twin on X25519 of a key that signs: as libsodium has it, and its two halves, which are made by two
// ways, fit.

import fc from 'fast-check';
import sodium from 'sodium-native';
import { expect, test } from 'vitest';
import { agreementKeyOf, littleEndian } from '../../../base/agreement-key.ts';
import { toHex } from '../../../base/bytes.ts';
import { signerFromSeed } from '../../../base/keys.ts';
import { agreementPairOf, nodeSealing } from '../../../host/sealing.ts';

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const runs = { seed: 131, numRuns: 100 };

test('of the base points: y = 4/5 is u = 9 (RFC 7748 §4.1)', () => {
  const base = `58${'66'.repeat(31)}`;
  const publicKey = Uint8Array.from(base.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  expect(agreementKeyOf(publicKey)).toEqual(littleEndian(9n));
});

test('is that of libsodium, of any key', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { publicKey } = signerFromSeed(seed);
      const twin = Buffer.alloc(32);
      sodium.crypto_sign_ed25519_pk_to_curve25519(twin, Buffer.from(publicKey));
      expect(toHex(agreementKeyOf(publicKey))).toBe(twin.toString('hex'));
    }),
    runs,
  );
});

test('its secret half is made of the same seed', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const pair = agreementPairOf(seed);
      expect(toHex(pair.publicKey)).toBe(toHex(agreementKeyOf(signerFromSeed(seed).publicKey)));
      const other = nodeSealing.newPair();
      expect(pair.agree(other.publicKey)).toEqual(other.agree(pair.publicKey));
    }),
    runs,
  );
});

test('of a point of small order nothing can be agreed with', () => {
  const twin = agreementKeyOf(littleEndian(1n));
  expect(nodeSealing.newPair().agree(twin)).toBeUndefined();
});
