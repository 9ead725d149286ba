// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { encodeBlock } from '../../../sidechain/chain/block.ts';
import { openEntry } from '../../../sidechain/chain/entry.ts';
import { KnownVerdicts } from '../../../sidechain/chain/verdicts.ts';
import type { Entry } from '../../../sidechain/raft/entry.ts';
import { Foresight } from '../../../sidechain/store/foresight.ts';
import { batchEntry, bodyOf, chainId, gateway, startMs, TestChain } from '../chain/fixture.ts';

/** Signatures are checked when the test says so. */
function foresightUnderTest() {
  const known = new KnownVerdicts(suite, chainId);
  const asked: PromiseWithResolvers<boolean>[] = [];
  const foresight = new Foresight({
    suite,
    chainId,
    registry: new TestChain().ledger.registry,
    known,
    verifyBeside: () => {
      const answer = Promise.withResolvers<boolean>();
      asked.push(answer);
      return answer.promise;
    },
  });
  return { foresight, known, asked };
}

const batch = batchEntry(1, []);
const body = bodyOf(startMs, [batch]);

function rowOf(data: Uint8Array): Entry {
  return { index: 1, term: 1, kind: 'normal', data };
}

test('who takes a block need not wait once its signatures are checked, and is told when', async () => {
  const { foresight, known, asked } = foresightUnderTest();
  const row = rowOf(encodeBlock(body));
  const told = Promise.withResolvers<void>();
  foresight.look([row], told.resolve);
  expect([asked.length, foresight.hasChecked([row])]).toEqual([1, false]);
  asked[0]?.resolve(true);
  await told.promise;
  expect(foresight.hasChecked([row])).toBe(true);
  const opened = openEntry(suite, batch.entry);
  expect(opened.ok && known.isKnown(opened.value, gateway.publicKey)).toBe(true);
  expect(await foresight.take(row)).toEqual({ kind: 'block', body });
});

test('a check that fails is told to who takes the block, and holds up nobody', async () => {
  const { foresight, asked } = foresightUnderTest();
  const row = rowOf(encodeBlock(body));
  const told = Promise.withResolvers<void>();
  foresight.look([row], told.resolve);
  asked[0]?.reject(new Error('no threads'));
  await told.promise;
  expect(foresight.hasChecked([row])).toBe(true);
  await expect(foresight.take(row)).rejects.toThrow('no threads');
});

test('what was never looked at is waited for by nobody', () => {
  const { foresight } = foresightUnderTest();
  expect(foresight.hasChecked([rowOf(encodeBlock(body))])).toBe(true);
});

test('a block of our own is not read back from its bytes', async () => {
  const { foresight, asked } = foresightUnderTest();
  const row = rowOf(encodeBlock(body));
  foresight.wrote(row.data, body);
  foresight.look([row]);
  asked[0]?.resolve(true);
  const taken = await foresight.take(row);
  expect(taken?.kind === 'block' && taken.body).toBe(body);
});
