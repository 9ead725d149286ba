// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { Suite } from '../../../base/suite.ts';
import { openEntry, type SignedEntry } from '../../../sidechain/chain/entry.ts';
import { sequenceIn } from '../../../sidechain/chain/numbered.ts';
import { KnownVerdicts } from '../../../sidechain/chain/verdicts.ts';
import { batchEntry, chainId, gateway, packAt, schemaEntry, startMs, stranger } from './fixture.ts';

function open(bytes: Uint8Array): SignedEntry {
  const opened = openEntry(nodeSuite, bytes);
  if (!opened.ok) throw new Error(opened.detail);
  return opened.value;
}

function counting(verify: Suite['verify'] = nodeSuite.verify) {
  const counts = { verify: 0 };
  const suite: Suite = {
    ...nodeSuite,
    verify: (...of) => {
      counts.verify += 1;
      return verify(...of);
    },
  };
  return { verdicts: new KnownVerdicts(suite, chainId).verdicts, counts };
}

test('a signature is checked once for a key, whatever the verdict', () => {
  const { verdicts, counts } = counting();
  const [ours, theirs] = [open(schemaEntry().entry), open(schemaEntry(stranger).entry)];
  for (let i = 0; i < 3; i++) {
    expect(verdicts(ours, gateway.publicKey)).toBe(true);
    expect(verdicts(theirs, gateway.publicKey)).toBe(false);
    expect(verdicts(theirs, stranger.publicKey)).toBe(true);
  }
  expect(counts.verify).toBe(3);
});

test('the oldest verdicts are forgotten and found anew, and never the younger half', () => {
  const { verdicts, counts } = counting(() => false);
  const entry = open(schemaEntry().entry);
  const keyOf = (number: number) => new Uint8Array(new Uint32Array(8).fill(number).buffer);
  const ask = (number: number) => verdicts(entry, keyOf(number));
  for (let number = 0; number <= limits.verdictsMax; number++) ask(number);
  expect(counts.verify).toBe(limits.verdictsMax + 1);
  ask(limits.verdictsMax);
  ask(limits.verdictsMax / 2);
  expect(counts.verify).toBe(limits.verdictsMax + 1);
  ask(0);
  expect(counts.verify).toBe(limits.verdictsMax + 2);
});

test('batches and gaps have numbers, other entries and broken ones have none', () => {
  expect(sequenceIn(open(batchEntry(7, [packAt(startMs, 1)]).entry))).toBe(7);
  expect(sequenceIn(open(schemaEntry().entry))).toBeUndefined();
  const broken = { ...open(batchEntry(7, []).entry), payload: Uint8Array.of(1) };
  expect(sequenceIn(broken)).toBeUndefined();
  expect(sequenceIn({ ...broken, kind: 'gap' })).toBeUndefined();
});
