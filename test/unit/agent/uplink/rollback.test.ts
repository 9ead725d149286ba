// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { reasonToStop } from '../../../../agent/uplink/rollback.ts';
import { assert } from '../../../../base/assert.ts';
import { openAnchor, signAnchor } from '../../../../sidechain/chain/anchor.ts';
import { chainId, gateway, stranger } from '../../chain/fixture.ts';
import { MemoryChain } from './memory-chain.ts';

/** What the main log shows of a chain at its newest signed size. */
async function anchorOf(chain: MemoryChain) {
  const { note } = await chain.checkpoint();
  const parts = { note, from: 0, consistency: [], receiptSize: 0 };
  const opened = openAnchor(signAnchor(parts, chainId, gateway));
  assert(opened.ok, 'an anchor is well formed');
  return opened.value;
}

test('a copy that holds all that it signed may go on', async () => {
  const chain = new MemoryChain(10);
  const anchored = await anchorOf(chain);
  expect(await reasonToStop(chain, anchored, gateway.keyId)).toBeUndefined();
  chain.addBlocks(10);
  expect(await reasonToStop(chain, anchored, gateway.keyId)).toBeUndefined();
});

test('the checkpoint of block 0, always the same, is no evidence', async () => {
  const chain = new MemoryChain(1);
  const anchored = await anchorOf(chain);
  expect(await reasonToStop(new MemoryChain(5), anchored, gateway.keyId)).toBeUndefined();
});

test('fewer blocks than the main log holds', async () => {
  const chain = new MemoryChain(10);
  const copy = chain.copy();
  chain.addBlocks(1);
  const reason = await reasonToStop(copy, await anchorOf(chain), gateway.keyId);
  expect(reason).toContain('holds 11 blocks of this chain, this copy only 10');
});

test('as many blocks as the main log holds, and others', async () => {
  const chain = new MemoryChain(10);
  const copy = chain.copy();
  chain.addBlock([Uint8Array.of(1)]);
  copy.addBlock([Uint8Array.of(2)]);
  const reason = await reasonToStop(copy, await anchorOf(chain), gateway.keyId);
  expect(reason).toContain('holds another history of 11 blocks');
});

test('a co-signature of its own that it does not know, but one of another member is none', async () => {
  const chain = new MemoryChain(10);
  const copy = chain.copy();
  const anchored = await anchorOf(chain);
  const reason = await reasonToStop(copy, anchored, gateway.keyId);
  expect(reason).toBe('this gateway has co-signed 10 blocks, this copy knows of 0');
  expect(await reasonToStop(copy, anchored, stranger.keyId)).toBeUndefined();
});
