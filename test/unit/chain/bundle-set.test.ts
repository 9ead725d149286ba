// SPDX-License-Identifier: Apache-2.0
// Files of many proof bundles: one form, and none other is read.

import { expect, test } from 'vitest';
import { concat } from '../../../base/bytes.ts';
import {
  decodeBundleSet,
  encodeBundleSet,
  encodeSetEnd,
  isBundleSet,
} from '../../../sidechain/chain/bundle-set.ts';
import { summaryBundle } from './bundle-maker.ts';
import { chainId, startMs } from './fixture.ts';

const cover = { chainId, device: 'd', obis: '1-0:1.8.0*255', fromMs: startMs, toMs: startMs + 1 };
const bundles = [Uint8Array.of(0xa0), new Uint8Array(300).fill(7)];
const set = encodeBundleSet({ cover, bundles });

test('what is written is read again', () => {
  expect(decodeBundleSet(set)).toEqual({ ok: true, value: { cover, bundles } });
  expect(decodeBundleSet(encodeBundleSet({ cover, bundles: [] }))).toMatchObject({ ok: true });
});

test('a set and a bundle are told apart by their first byte', () => {
  expect(isBundleSet(set)).toBe(true);
  expect(isBundleSet(summaryBundle())).toBe(false);
  expect(isBundleSet(new Uint8Array())).toBe(false);
});

test('cut off anywhere, or with something behind it, it is refused', () => {
  for (let length = 0; length < set.length; length++) {
    expect(decodeBundleSet(set.subarray(0, length)).ok).toBe(false);
  }
  expect(decodeBundleSet(concat(set, Uint8Array.of(0))).ok).toBe(false);
});

test('with another number at its end, or a number in a longer form, it is refused', () => {
  const body = set.subarray(0, set.length - 1);
  expect(decodeBundleSet(concat(body, encodeSetEnd(3))).ok).toBe(false);
  expect(decodeBundleSet(concat(body, Uint8Array.of(0x18, 2))).ok).toBe(false);
});

test('one that covers no time is refused', () => {
  const empty = encodeBundleSet({ cover: { ...cover, toMs: startMs }, bundles });
  expect(decodeBundleSet(empty)).toMatchObject({ ok: false, code: 'bundle-set' });
});
