// SPDX-License-Identifier: Apache-2.0
// Proof bundles: they hold from the value up to the main log with either suite, only for those whose keys are
// trusted, and with no part altered, exchanged or left out.

import { describe, expect, test } from 'vitest';
import { nobleSuite } from '../../../base/noble-suite.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { type Bundle, decodeBundle, encodeBundle } from '../../../sidechain/chain/bundle.ts';
import { encodeHeader } from '../../../sidechain/chain/header.ts';
import { proveOutput } from '../../../sidechain/chain/prove.ts';
import { verifyBundle } from '../../../sidechain/chain/verify-bundle.ts';
import {
  readingBundle,
  readingParts,
  receiptOf,
  summaryBundle,
  summaryParts,
  trustedKeys,
} from './bundle-maker.ts';
import { diary } from './diary.ts';
import {
  batchEntry,
  gateway,
  mainGenesis,
  packAt,
  schemaPayload,
  startMs,
  stranger,
} from './fixture.ts';
import { Group } from './group.ts';

const trusted = trustedKeys();
const upwardHops = ['history', 'checkpoint', 'receipt'];

describe.each([
  ['node:crypto', suite],
  ['noble', nobleSuite],
])('verified with %s', (_, by) => {
  test('a reading holds up to the receipt of the main log', () => {
    const verdict = verifyBundle(by, readingBundle(), trusted);
    expect(verdict).toMatchObject({ status: 'valid', proved: { kind: 'reading' } });
    if (verdict.status !== 'valid' || verdict.proved.kind !== 'reading') throw new Error();
    expect(verdict.proved.pack.mantissas).toEqual([11, 23_012]);
    expect(verdict.hops.map(({ name }) => name)).toEqual([
      ...['reading', 'signature', 'block'],
      ...upwardHops,
    ]);
    expect(verdict.signers.map((signer) => signer.trusted)).toEqual([true, true]);
  });

  test('a summary holds up to the receipt of the main log', () => {
    const verdict = verifyBundle(by, summaryBundle(), trusted);
    const { summary } = summaryParts();
    expect(verdict).toMatchObject({
      status: 'valid',
      proved: { kind: 'summary', output: summary.output },
      header: { height: 2, outputCount: 4 },
    });
    if (verdict.status !== 'valid') throw new Error();
    expect(verdict.hops.map(({ name }) => name)).toEqual(['summary', ...upwardHops]);
  });
});

describe.each([
  ['reading', readingBundle()],
  ['summary', summaryBundle()],
])('a bundle of a %s', (_, bundle) => {
  test('without trusted keys is consistent, its signer unknown', () => {
    const verdict = verifyBundle(suite, bundle, []);
    expect(verdict).toMatchObject({ status: 'unknown-signer' });
    if (verdict.status !== 'unknown-signer') throw new Error();
    expect(verdict.signers.map((signer) => signer.trusted)).toEqual([false, false]);
  });

  test.each([0, 1])('is not proven by all trusted keys but the one of line %i', (left) => {
    const some = trusted.filter((_key, i) => i !== left);
    expect(verifyBundle(suite, bundle, some)).toMatchObject({ status: 'unknown-signer' });
  });

  test('is not proven by keys trusted for another chain, log or type of signature', () => {
    const otherName = trusted.map((key) => ({ ...key, name: `${key.name}0` }));
    const otherType = trusted.map((key) => ({ ...key, type: key.type === 1 ? 4 : 1 }));
    expect(verifyBundle(suite, bundle, [...otherName, ...otherType])).toMatchObject({
      status: 'unknown-signer',
    });
  });

  test('is none with bytes after the end, or a part cut off', () => {
    expect(verifyBundle(suite, Uint8Array.of(...bundle, 0), trusted).status).toBe('not-a-bundle');
    for (let length = 0; length < bundle.length; length += 7) {
      expect(verifyBundle(suite, bundle.slice(0, length), trusted).status).toBe('not-a-bundle');
    }
  });
});

test('a bundle proves one thing: neither nothing nor two', () => {
  const { reading, ...upward } = readingParts();
  const { summary } = summaryParts();
  expect(decodeBundle(encodeBundle(upward)).ok).toBe(false);
  expect(decodeBundle(encodeBundle({ ...upward, reading, summary })).ok).toBe(false);
  expect(decodeBundle(encodeBundle({ ...upward, summary })).ok).toBe(true);
});

describe('a part exchanged for another that is good in itself', () => {
  type Parts = Omit<Bundle, 'format'>;
  const reading = readingParts();
  const summary = summaryParts();
  const failsAt = (parts: Parts) => {
    const verdict = verifyBundle(suite, encodeBundle(parts), trusted);
    return verdict.status === 'invalid' ? verdict.failed.name : verdict.status;
  };
  const inReading = (changed: Partial<typeof reading.reading>): Parts => ({
    ...reading,
    reading: { ...reading.reading, ...changed },
  });
  const inSummary = (changed: Partial<typeof summary.summary>): Parts => ({
    ...summary,
    summary: { ...summary.summary, ...changed },
  });
  const other = new Group();
  const otherBlock = other.apply([]);

  test.each<[string, Parts, string]>([
    ['a pack', inReading({ pack: packAt(startMs + 2_000, 12) }), 'reading'],
    ['a place among the packs', inReading({ packIndex: 2 }), 'reading'],
    ['a schema', inReading({ schema: Uint8Array.of(0xa0) }), 'reading'],
    ['a batch', inReading({ entry: batchEntry(1, [packAt(startMs, 1)]).entry }), 'reading'],
    [
      'the batch, signed by a stranger',
      inReading({
        entry: batchEntry(
          1,
          [10, 11, 12].map((energyWh) => packAt(startMs + 2_000, energyWh)),
          { signer: stranger },
        ).entry,
      }),
      'signature',
    ],
    ['an entry of another kind', inReading({ entry: reading.genesis }), 'signature'],
    ['a place among the entries', inReading({ entryIndex: 1 }), 'block'],
    ['a place among the outputs', inSummary({ outputIndex: 1 }), 'summary'],
    ['an output', inSummary({ output: schemaPayload }), 'summary'],
    ['a salt', inSummary({ salt: new Uint8Array(16) }), 'summary'],
    ['the header of another chain', { ...reading, header: otherBlock.headerBytes }, 'block'],
    ['the genesis of another chain', { ...reading, genesis: other.genesisBytes }, 'block'],
    ['the anchor of another chain', { ...reading, anchor: other.anchor() }, 'anchor'],
    ['no receipt', { ...reading, receipts: [] }, 'receipt'],
    [
      'the receipt twice',
      { ...reading, receipts: [...reading.receipts, ...reading.receipts] },
      'receipt',
    ],
    [
      'a receipt by a stranger',
      { ...reading, receipts: [receiptOf(reading.anchor, undefined, stranger)] },
      'receipt',
    ],
  ])('%s', (_, parts, expected) => {
    expect(failsAt(parts)).toBe(expected);
  });

  test('a header that was made to fit fails at the history', () => {
    const opened = verifyBundle(suite, encodeBundle(summary), trusted);
    if (opened.status !== 'valid') throw new Error();
    const { height } = opened.header;
    const header = encodeHeader({ ...opened.header, height: height + 1 });
    expect(failsAt({ ...summary, header })).toBe('history');
  });
});

test('a chain that a forger began, and had anchored, is consistent: nobody trusts its keys', () => {
  const honest = { publicKey: gateway.publicKey, role: 'follower', name: 'cellar-1' } as const;
  const { mainLog } = mainGenesis;
  const begun = new Group({ voters: 1, followers: 0, altered: { mainLog } });
  const own = { publicKey: begun.signer(0).publicKey, role: 'voter', name: 'cellar-2' } as const;
  const members = [own, honest];
  const altered = { mainLog, members };
  const forger = new Group({ voters: 1, followers: 0, contracts: [diary], altered });
  const block = forger.apply([]);
  const anchor = forger.anchor({ cosigners: [0] });
  const bundle = encodeBundle({
    genesis: forger.genesisBytes,
    header: block.headerBytes,
    headerPath: forger.ledger.tree.inclusion(1),
    anchor,
    receipts: [receiptOf(anchor)],
    summary: proveOutput(suite, block.outputs, 0),
  });
  expect(verifyBundle(suite, bundle, trusted)).toMatchObject({
    status: 'unknown-signer',
    signers: [{ trusted: true }, { trusted: false }],
  });
});
