// SPDX-License-Identifier: Apache-2.0
// COSE_Sign1 against the working group's example, and our closed profile against everything outside
// it.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { concat, fromHex, toHex, utf8 } from '../../../base/bytes.ts';
import { type CborMap, type CborValue, decode, encode, map } from '../../../base/cbor.ts';
import {
  decodeSign1,
  parseSign1,
  type Sign1Parts,
  type Statement,
  sign1,
  verifySign1,
} from '../../../base/cose.ts';
import { signerFromSeed } from '../../../base/keys.ts';
import { nobleSuite } from '../../../base/noble-suite.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { Suite } from '../../../base/suite.ts';
import { readVectors } from '../../vectors/read-vectors.ts';
import { cborValue } from './cbor-values.ts';
import { everyFlip } from './flip.ts';

const seed = 9052;
const vector = readVectors<Record<string, string>>('cose-sign1.json');
const bytesOf = (name: string) => fromHex(vector[name] ?? '') as Uint8Array;

const signer = signerFromSeed(new Uint8Array(32).fill(9));
const { publicKey, keyId } = signer;
const statement: Statement = {
  type: 'application/vnd.tieline.event+cbor',
  payload: utf8('payload'),
};
const externalAad = concat(utf8('tieline/v1'), new Uint8Array(33));

const accepted = <T>(result: { ok: true; value: T } | { ok: false; detail: string }): T => {
  if (!result.ok) throw new Error(result.detail);
  return result.value;
};
const partsOf = (encoded: Uint8Array): Sign1Parts => accepted(parseSign1(encoded));

/** Tag 18 around whatever stands in the four places, signed or not. */
function assemble(places: {
  protected?: CborMap;
  unprotected?: CborValue;
  payload?: CborValue;
  signature?: CborValue;
}): Uint8Array {
  const header = places.protected ?? headerOf([]);
  const { unprotected = new Map(), payload = utf8('x') } = places;
  const signature = places.signature ?? new Uint8Array(64);
  return concat(Uint8Array.of(0xd2), encode([encode(header), unprotected, payload, signature]));
}

/** The profile's header, some labels changed or, with undefined, left out. */
function headerOf(
  changes: readonly (readonly [number | string, CborValue | undefined])[],
): CborMap {
  const header = new Map<number | string, CborValue | undefined>([
    [1, -19],
    [4, keyId],
    [16, 'a/b'],
    ...changes,
  ]);
  return map([...header]);
}

describe('RFC 9052, the working group’s example eddsa-sig-01', () => {
  const encoded = bytesOf('sign1');

  test('is taken apart, its Sig_structure made and its signature verified', () => {
    const parts = partsOf(encoded);
    expect(toHex(parts.protectedBytes)).toBe(vector.protected);
    expect(parts.unprotected).toEqual(new Map([[4, bytesOf('kid')]]));
    expect(parts.payload).toEqual(bytesOf('payload'));
    let signed = new Uint8Array();
    const spy: Suite = {
      ...nodeSuite,
      verify: (_, message) => {
        signed = message.slice();
        return false;
      },
    };
    verifySign1(spy, parts, { publicKey });
    expect(toHex(signed)).toBe(vector.toBeSigned);
    for (const suite of [nodeSuite, nobleSuite]) {
      expect(verifySign1(suite, parts, { publicKey: bytesOf('publicKey') })).toBe(true);
      expect(verifySign1(suite, parts, { publicKey })).toBe(false);
    }
  });

  test('is not of our profile: −8 names no curve (RFC 9864)', () => {
    expect(decodeSign1(encoded)).toMatchObject({ ok: false, code: 'cose' });
    expect(parseSign1(encoded).ok).toBe(true);
    expect(decodeSign1(assemble({ protected: headerOf([[1, -8]]) }))).toEqual({
      ok: false,
      code: 'cose',
      detail: 'protected.algorithm: expected -19',
    });
  });
});

describe('sign1', () => {
  test('writes the agreed layout: tag 18, protected {1, 4, 15, 16}, nothing unprotected', () => {
    const claims = { issuer: 'gateway', subject: 'chain' };
    const encoded = sign1({ ...statement, claims }, signer);
    expect(encoded[0]).toBe(0xd2);
    const [protectedBytes, unprotected, payload, signature] = accepted(
      decode(encoded.subarray(1)),
    ) as CborValue[];
    expect(decode(protectedBytes as Uint8Array)).toEqual({
      ok: true,
      value: new Map<number, CborValue>([
        [1, -19],
        [4, keyId],
        [
          15,
          new Map([
            [1, 'gateway'],
            [2, 'chain'],
          ]),
        ],
        [16, statement.type],
      ]),
    });
    expect(unprotected).toEqual(new Map());
    expect(payload).toEqual(statement.payload);
    expect((signature as Uint8Array).length).toBe(64);
  });

  test('is read back and verified, with claims, extra labels and external data', () => {
    const encoded = sign1(
      {
        ...statement,
        claims: { issuer: 'a', subject: 'b' },
        extraProtected: map([[395, 1]]),
        unprotected: map([[396, [1]]]),
        externalAad,
      },
      signer,
    );
    const allowed = { protectedLabels: [395], unprotectedLabels: [396] };
    const read = accepted(decodeSign1(encoded, allowed));
    expect(read).toMatchObject({
      kid: keyId,
      type: statement.type,
      claims: { issuer: 'a', subject: 'b' },
      payload: statement.payload,
    });
    expect(read.protectedMap.get(395)).toBe(1);
    expect(read.unprotected.get(396)).toEqual([1]);
    for (const suite of [nodeSuite, nobleSuite]) {
      expect(verifySign1(suite, read, { publicKey, externalAad })).toBe(true);
      expect(verifySign1(suite, read, { publicKey })).toBe(false);
      expect(verifySign1(suite, read, { publicKey, externalAad: utf8('other') })).toBe(false);
    }
  });

  test('leaves a detached payload out of the bytes, and verifies with it alone', () => {
    const encoded = sign1({ ...statement, detached: true }, signer);
    const read = accepted(decodeSign1(encoded));
    const { payload } = statement;
    expect(read.payload).toBeNull();
    expect(verifySign1(nodeSuite, read, { publicKey, detachedPayload: payload })).toBe(true);
    expect(verifySign1(nodeSuite, read, { publicKey, detachedPayload: utf8('other') })).toBe(false);
    expect(verifySign1(nodeSuite, read, { publicKey })).toBe(false);
  });

  test('verifies no embedded payload while another is given', () => {
    const read = accepted(decodeSign1(sign1(statement, signer)));
    const { payload } = statement;
    expect(verifySign1(nodeSuite, read, { publicKey })).toBe(true);
    expect(verifySign1(nodeSuite, read, { publicKey, detachedPayload: payload })).toBe(false);
  });

  test('lets nobody replace a label of the profile by an extra one', () => {
    const extraProtected = map([[1, -8]]);
    expect(() => sign1({ ...statement, extraProtected }, signer)).toThrow(InvariantError);
  });

  test('writes nothing that would be refused when read', () => {
    expect(() => sign1({ ...statement, kid: new Uint8Array(7) }, signer)).toThrow(InvariantError);
    expect(() => sign1({ ...statement, type: 'x'.repeat(300) }, signer)).toThrow(InvariantError);
  });
});

describe('decodeSign1 refuses', () => {
  const profile = assemble({});

  test('nothing of the profile itself', () => {
    expect(decodeSign1(profile).ok).toBe(true);
  });

  test.each<[string, Uint8Array, string]>([
    ['nothing at all', new Uint8Array(), 'it does not begin with tag 18'],
    ['a missing tag', profile.subarray(1), 'it does not begin with tag 18'],
    [
      'tag 18 in two bytes',
      concat(Uint8Array.of(0xd8, 18), profile.subarray(1)),
      'it does not begin with tag 18',
    ],
    ['a byte after the end', concat(profile, Uint8Array.of(0)), 'sign1: 1 bytes after the end'],
    ['a text payload', assemble({ payload: 'x' }), 'sign1[2]'],
    ['a signature of 63 bytes', assemble({ signature: new Uint8Array(63) }), 'sign1[3]'],
    ['an unprotected header that is no map', assemble({ unprotected: [] }), 'sign1[1]'],
    [
      'an unprotected label',
      assemble({ unprotected: map([[4, keyId]]) }),
      'unprotected: no label 4 is read',
    ],
    ['no algorithm', assemble({ protected: headerOf([[1, undefined]]) }), 'protected.algorithm'],
    ['algorithm ES256', assemble({ protected: headerOf([[1, -7]]) }), 'protected.algorithm'],
    ['no key id', assemble({ protected: headerOf([[4, undefined]]) }), 'protected.kid'],
    [
      'a key id of 9 bytes',
      assemble({ protected: headerOf([[4, new Uint8Array(9)]]) }),
      'protected.kid',
    ],
    ['no type', assemble({ protected: headerOf([[16, undefined]]) }), 'protected.type'],
    ['a numeric type', assemble({ protected: headerOf([[16, 60]]) }), 'protected.type'],
    [
      'a critical header',
      assemble({ protected: headerOf([[2, [16]]]) }),
      'protected: expected no key 2',
    ],
    [
      'a text label',
      assemble({ protected: headerOf([['alg', -19]]) }),
      'protected: expected no key "alg"',
    ],
    [
      'claims without a subject',
      assemble({ protected: headerOf([[15, map([[1, 'a']])]]) }),
      'protected.claims.subject',
    ],
    [
      'claims with an expiry',
      assemble({
        protected: headerOf([
          [
            15,
            map([
              [1, 'a'],
              [2, 'b'],
              [4, 1],
            ]),
          ],
        ]),
      }),
      'protected.claims: expected no key 4',
    ],
  ])('%s', (_, encoded, detail) => {
    const read = decodeSign1(encoded);
    expect(read).toMatchObject({ ok: false, code: 'cose' });
    expect(read.ok ? '' : read.detail).toContain(detail);
  });

  test('a protected header that is not deterministic, or no map', () => {
    const array = (header: Uint8Array) =>
      concat(Uint8Array.of(0xd2), encode([header, new Map(), utf8('x'), new Uint8Array(64)]));
    const header = encode(headerOf([]));
    expect(decodeSign1(array(header)).ok).toBe(true);
    for (const other of [
      new Uint8Array(),
      encode([1]),
      concat(header, Uint8Array.of(0)),
      concat(Uint8Array.of(0xb8, 3), header.subarray(1)),
    ]) {
      expect(decodeSign1(array(other))).toMatchObject({ ok: false, code: 'cose' });
    }
  });
});

describe('hostile statements', () => {
  test('with any flipped bit are refused', () => {
    const encoded = sign1({ ...statement, externalAad }, signer);
    for (const flipped of everyFlip(encoded)) {
      const read = decodeSign1(flipped);
      if (!read.ok) continue;
      expect(verifySign1(nodeSuite, read.value, { publicKey, externalAad })).toBe(false);
    }
  });

  test('are refused without a throw', () => {
    fc.assert(
      fc.property(cborValue, fc.uint8Array({ maxLength: 80 }), (value, bytes) => {
        for (const encoded of [encode(value), bytes]) {
          expect(decodeSign1(concat(Uint8Array.of(0xd2), encoded)).ok).toBe(false);
        }
      }),
      { seed, numRuns: 1_000 },
    );
  });
});
