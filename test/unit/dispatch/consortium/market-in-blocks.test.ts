// SPDX-License-Identifier: Apache-2.0
// The market of a consortium: a demand is in the window of its block's time, whichever node it came to, and
// all nodes say the same of a window, also one that was killed while it was open.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { toHex } from '../../../../base/bytes.ts';
import { decodeMarketWindow } from '../../../../contracts/market-window.ts';
import { startMs } from '../fake-chain.ts';
import { demandBy } from '../trade-log.ts';
import { mainLog, TestNetwork, trader } from './network.ts';

let network: TestNetwork;
beforeEach(async () => {
  network = await TestNetwork.begin();
});
afterEach(async () => {
  for (const { failures } of network.nodes) expect(failures).toEqual([]);
  await network.end();
});

/** What was submitted has reached the mempool. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function submit(node: number): Promise<{ readonly kind: string }> {
  const record = demandBy(trader, {}, mainLog.id);
  const outcome = network.node(node).ordering.submit({ kind: 'record', record });
  await settle();
  return outcome.then(({ kind }) => ({ kind }));
}

/** The next block, with a demand that came to each of these nodes. */
async function blockWith(...nodes: readonly number[]): Promise<void> {
  const taken = nodes.map((node) => submit(node));
  await settle();
  await network.block({ proposer: 1 });
  for (const outcome of taken) expect(await outcome).toEqual({ kind: 'receipt' });
  const hashes = network.running.map(({ application }) => toHex(application.applied.appHash));
  expect(new Set(hashes).size).toBe(1);
}

/** Leaves, begin, and how many demands. */
async function windowsOf(index: number) {
  const found = await network.node(index).store.trade.windows({ before: undefined, countMax: 9 });
  return found.map(({ logIndex, startMs: from, totals }) => [
    logIndex,
    from - startMs,
    totals.reduce((sum, { count }) => sum + count, 0),
  ]);
}

test('windows are cut by the time of the blocks, alike on all nodes', async () => {
  // Block n is n seconds after the beginning, a window five.
  await blockWith(0, 1);
  await blockWith();
  await network.node(2).kill();
  await network.node(2).start(network);
  await network.node(2).ordering.look();
  await blockWith(3);
  await blockWith(2);
  for (const { index } of network.running) expect(await windowsOf(index)).toEqual([]);
  // The fifth is at 5.000 s: what it holds is of the next window.
  await blockWith(2, 0, 3);
  for (const { index } of network.running) expect(await windowsOf(index)).toEqual([[5, 0, 4]]);
  for (let i = 0; i < 5; i++) await blockWith();
  // Blocks without anything close nothing: what comes next does.
  await blockWith(1);
  const expected = [
    [9, 5_000, 3],
    [5, 0, 4],
  ];
  for (const { index } of network.running) expect(await windowsOf(index)).toEqual(expected);
  // The votes for one more bring the signatures over it.
  await blockWith();
  const { anchor } = await network.node(0).ordering.receipt(9, { from: 0 });
  expect(decodeMarketWindow(anchor)).toMatchObject({ ok: true });
});
