// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { leafHash, rootOf } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import {
  batchEntry,
  bodyOf,
  chainId,
  genesisBytes,
  packAt,
  schemaEntry,
  startMs,
  stranger,
  TestChain,
} from './fixture.ts';

test('block 0 is made of the genesis alone, alike wherever it is made', () => {
  const [a, b] = [new TestChain(), new TestChain()];
  expect(a.blocks[0]?.headerBytes).toEqual(b.blocks[0]?.headerBytes);
  expect(a.ledger.chainId).toEqual(suite.sha256(genesisBytes));
  expect(a.blocks[0]?.header.previous).toEqual(new Uint8Array(32));
});

test('each header links the one before and commits to its entries (S0-01)', () => {
  const chain = new TestChain();
  const schema = schemaEntry();
  const first = chain.apply(bodyOf(startMs + 1_000, [schema]));
  const batch = batchEntry(1, [packAt(startMs + 1_000, 10)]);
  const second = chain.apply(bodyOf(startMs + 2_000, [batch]));
  expect(second.header.previous).toEqual(suite.sha256(first.headerBytes));
  expect(second.header.entryRoot).toEqual(rootOf(suite, [leafHash(suite, batch.entry)]));
  expect(second.header.height).toBe(2);
  expect(second.header.chainId).toEqual(chainId);
});

test('refused entries stay outside the entry root and say why (S0-05, S0-16)', () => {
  const chain = new TestChain();
  chain.apply(bodyOf(startMs + 1_000, [schemaEntry()]));
  const pack = packAt(startMs + 1_000, 10);
  const good = batchEntry(1, [pack]);
  const altered = good.entry.slice();
  altered[altered.length - 1] = (altered[altered.length - 1] ?? 0) ^ 1;
  const applied = chain.apply(
    bodyOf(startMs + 2_000, [
      batchEntry(1, [pack], { signer: stranger }),
      { ...good, entry: altered },
      { entry: Uint8Array.of(1, 2, 3) },
      batchEntry(2, [pack]),
      good,
      good,
      { ...batchEntry(2, [pack]), packs: { secret: new Uint8Array(32), packs: [pack] } },
      schemaEntry(),
    ]),
  );
  expect(applied.refused.map(({ reason }) => reason)).toEqual([
    'unknown-signer',
    'signature',
    'malformed',
    'gap',
    'old',
    'packs',
    'duplicate',
  ]);
  expect(applied.accepted).toHaveLength(1);
  expect(applied.header.entryCount).toBe(1);
  expect(applied.header.outputCount).toBe(7);
});
