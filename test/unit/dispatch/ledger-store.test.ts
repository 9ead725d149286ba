// SPDX-License-Identifier: Apache-2.0
// The ledger's file keeps an anchor only where memory and disk agree on what stood there before, and
// finds the newest of each chain again.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { Change } from '../../../dispatch/ledger/transaction.ts';
import { LedgerStore } from '../../../dispatch/store/ledger-store.ts';
import { type FakeChain, makeChain } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

const hash = new Uint8Array(32).fill(7);

/** What an anchor changes whose leaf is `logIndex`. */
function anchored(
  { chainId }: Pick<FakeChain, 'chainId'>,
  of: { readonly size: number; readonly previousSize: number; readonly logIndex: number },
): Change {
  const { size, previousSize, logIndex } = of;
  return {
    ...{ kind: 'anchored', chainId, previousSize, timeMs: 1_767_225_700_000 },
    anchored: { size, root: hash, logIndex },
    bytes: Uint8Array.of(1),
    leaf: { index: logIndex, hash, groupHash: undefined },
  };
}

async function newestIn(store: LedgerStore, { chainId }: Pick<FakeChain, 'chainId'>) {
  const stored = await store.chain(nodeSuite, chainId);
  const newest = stored?.record.anchored;
  return newest && { ...newest, root: new Uint8Array(newest.root) };
}

describe('an anchor is written', () => {
  let centre: TestCentre;
  let chain: FakeChain;
  let store: LedgerStore;

  beforeAll(async () => {
    centre = await TestCentre.begin();
    chain = makeChain(mainLog, { seed: 41, members: 1 });
    await centre.enrol(chain);
    await centre.enrol(makeChain(mainLog, { seed: 42, members: 1 }));
    store = new LedgerStore(centre.ledger);
    await store.persist([anchored(chain, { size: 4, previousSize: 0, logIndex: 1 })], head(2));
  });
  afterAll(() => centre.end());

  const head = (size: number) => ({ size, root: hash });

  const newest = () => newestIn(store, chain);

  test('after the one that stood there, and is the newest of its chain', async () => {
    expect(await newest()).toEqual({ size: 4, root: hash, logIndex: 1 });
    await store.persist([anchored(chain, { size: 9, previousSize: 4, logIndex: 2 })], head(3));
    expect(await newest()).toEqual({ size: 9, root: hash, logIndex: 2 });
    const chains = await store.packedChains(nodeSuite, { after: new Uint8Array(), countMax: 9 });
    expect(chains.map((one) => one.anchored?.size).sort()).toEqual([9, undefined]);
  });

  test.each([0, 4, 8, 10])('not where memory took %i for the newest', async (previousSize) => {
    const before = await newest();
    const change = anchored(chain, { size: 12, previousSize, logIndex: 3 });
    await expect(store.persist([change], head(4))).rejects.toMatchObject({ code: 'conflict' });
    expect(await newest()).toEqual(before);
  });

  test('not of a chain that was quarantined', async () => {
    const { chainId } = chain;
    const bytes = Uint8Array.of(2);
    await store.persist([{ kind: 'quarantined', chainId, size: 9, bytes, timeMs: 1 }], head(3));
    const change = anchored(chain, { size: 12, previousSize: 9, logIndex: 3 });
    await expect(store.persist([change], head(4))).rejects.toMatchObject({ code: 'conflict' });
  });
});
