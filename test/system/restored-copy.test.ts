// SPDX-License-Identifier: Apache-2.0
// An older copy of a gateway's data directory is put in its place. What the gateway has signed
// since would be signed again, differently: it must notice, say so, end, and never start again. The
// centre's record stays as it was.

import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { centreSummaries, readMainLog } from './harness/centre-record.ts';
import { readChainRecord } from './harness/chain-record.ts';
import { gatewayStatus, type Network, newNetwork, untilStatus } from './harness/network.ts';
import { until } from './harness/until.ts';

async function untilReceipts(network: Network, count: number): Promise<void> {
  const { receiptCount } = (await gatewayStatus(network)).uplink.anchor;
  await untilStatus(
    network,
    `${count} more receipts`,
    ({ uplink }) => uplink.anchor.receiptCount >= receiptCount + count,
  );
}

/** Runs, takes a copy, runs on until two more receipts are there, ends, and puts the copy back. */
async function networkWithOlderCopy(): Promise<Network> {
  const network = await newNetwork();
  const copy = join(network.dir, 'copy');
  await network.gateway.start();
  await untilStatus(network, 'a receipt', ({ ledger }) => ledger.receiptSize > 1);
  expect(await network.gateway.stop()).toMatchObject({ code: 0 });
  await cp(network.gatewayData, copy, { recursive: true });
  await network.gateway.start();
  await untilReceipts(network, 2);
  expect(await network.gateway.stop()).toMatchObject({ code: 0 });
  await rm(network.gatewayData, { recursive: true });
  await cp(copy, network.gatewayData, { recursive: true });
  return network;
}

async function expectRefusal(network: Network, message: RegExp): Promise<void> {
  network.gateway.launch();
  const again = await network.gateway.end();
  expect(again).toMatchObject({ code: 1, signal: null });
  expect(again.said).toMatch(/^tieline: this gateway was stopped for good: /m);
  expect(again.said).toMatch(message);
  expect(again.said, 'it has not begun').not.toContain('ready ');
}

test('an older copy with the link up ends by itself, for good (S0-18)', async () => {
  const network = await networkWithOlderCopy();
  const [logBefore, summariesBefore] = [await readMainLog(network), await centreSummaries(network)];

  network.gateway.launch();
  const ended = await network.gateway.end();
  expect(ended).toMatchObject({ code: 1, signal: null });
  const message = /the main log holds \d+ blocks of this chain, this copy only \d+/;
  expect(ended.said).toMatch(message);
  expect(ended.said).toContain('join the chain as a new member, with a new key');
  await expectRefusal(network, message);

  expect(await readMainLog(network)).toEqual(logBefore);
  expect(await centreSummaries(network)).toEqual(summariesBefore);
});

test('an older copy that forked without the link ends when the link is back', async () => {
  const network = await networkWithOlderCopy();
  const log = await readMainLog(network);
  const anchored = log.anchors.at(-1)?.size ?? 0;
  const summariesBefore = await centreSummaries(network);

  await network.broker.kill();
  await network.gateway.start();
  await untilStatus(network, 'a fork', ({ ledger }) => ledger.height > anchored + 2);
  const signed = (await gatewayStatus(network)).ledger.cosignedSize;
  expect(signed, 'it signed nothing before it heard the centre').toBeLessThan(anchored);
  await network.broker.start();
  const ended = await network.gateway.end();
  expect(ended).toMatchObject({ code: 1, signal: null });
  const message = /the main log holds another history of \d+ blocks/;
  expect(ended.said).toMatch(message);
  await expectRefusal(network, message);

  expect(await readMainLog(network)).toEqual(log);
  expect(await centreSummaries(network)).toEqual(summariesBefore);
  const evidence = await readChainRecord(network.gatewayData);
  expect(evidence.height, 'what it wrote stays, as evidence').toBeGreaterThan(anchored);
});

test('the newest copy put back elsewhere goes on', async () => {
  const network = await newNetwork();
  await network.gateway.start();
  await untilStatus(network, 'a receipt', ({ ledger }) => ledger.receiptSize > 1);
  expect(await network.gateway.stop()).toMatchObject({ code: 0 });
  const moved = join(network.dir, 'moved');
  await cp(network.gatewayData, moved, { recursive: true });
  await rm(network.gatewayData, { recursive: true });
  await cp(moved, network.gatewayData, { recursive: true });
  const sizes = async () => (await readMainLog(network)).anchors.length;
  const before = await sizes();
  await network.gateway.start();
  await until('more anchors', async () => ((await sizes()) > before + 1 ? true : undefined));
});
