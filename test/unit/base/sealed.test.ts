// SPDX-License-Identifier: Apache-2.0
// What is sealed opens for one key and one purpose, unchanged, and for nothing else.

import { expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { readSealed, seal, unseal } from '../../../base/sealed.ts';
import { nodeSealing as sealing } from '../../../host/sealing.ts';
import { everyFlip } from './flip.ts';

const text = utf8('what nobody else reads');
const aad = utf8('the request');
const pair = sealing.newPair();
const sealed = seal(sealing, { text, to: pair.publicKey, aad }) as Uint8Array;

test('opens with the key it was sealed for', () => {
  expect(unseal(sealing, sealed, { pair, aad })).toEqual({ ok: true, value: text });
});

test('nothing, and as much as there may be', () => {
  for (const one of [new Uint8Array(), new Uint8Array(128 * 1024).fill(7)]) {
    const bytes = seal(sealing, { text: one, to: pair.publicKey, aad }) as Uint8Array;
    expect(unseal(sealing, bytes, { pair, aad })).toEqual({ ok: true, value: one });
  }
});

test('twice the same is never twice the same bytes', () => {
  expect(seal(sealing, { text, to: pair.publicKey, aad })).not.toEqual(sealed);
});

test('not with another key, nor for another purpose', () => {
  expect(unseal(sealing, sealed, { pair: sealing.newPair(), aad }).ok).toBe(false);
  expect(unseal(sealing, sealed, { pair, aad: utf8('another') }).ok).toBe(false);
});

test('not with any bit turned, nor cut, nor with something behind it', () => {
  for (const flipped of everyFlip(sealed)) {
    expect(unseal(sealing, flipped, { pair, aad }).ok).toBe(false);
  }
  for (let length = 0; length < sealed.length; length++) {
    expect(readSealed(sealed.subarray(0, length)).ok).toBe(false);
  }
  expect(readSealed(Uint8Array.of(...sealed, 0)).ok).toBe(false);
});

test('not for a point of small order', () => {
  expect(seal(sealing, { text, to: new Uint8Array(32), aad })).toBeUndefined();
  expect(pair.agree(Uint8Array.of(1, ...new Uint8Array(31)))).toBeUndefined();
});
