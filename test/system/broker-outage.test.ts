// SPDX-License-Identifier: Apache-2.0
// mosquitto is killed in the middle of a run and comes back: nothing is lost, nothing is doubled.
// The outage lasts 20 s; TIELINE_SYSTEM_LONG=1 makes it 60 s.

import { expect, test } from 'vitest';
import { expectExact } from './harness/exactness.ts';
import { gatewayStatus, newNetwork, untilStatus } from './harness/network.ts';
import { sleep } from './harness/until.ts';

const outageMs = process.env.TIELINE_SYSTEM_LONG === undefined ? 20_000 : 60_000;

test(`mosquitto killed for ${outageMs / 1_000} s loses and doubles nothing (S0-16)`, async () => {
  const network = await newNetwork();
  await network.gateway.start();
  await untilStatus(network, 'summaries', ({ uplink }) => uplink.summariesStored > 0);

  await network.broker.kill();
  const cutMs = Date.now();
  await untilStatus(network, 'the loss is noticed', ({ uplink }) => !uplink.connected);
  await sleep(outageMs);
  const { ledger, uplink } = await gatewayStatus(network);
  expect(uplink.connected).toBe(false);
  const backMs = Date.now();
  await network.broker.start();

  const chain = await expectExact(network);
  expect(chain.anchoredSize).toBeGreaterThan(ledger.height);
  const meanwhile = chain.batches.filter(({ timeMs }) => timeMs > cutMs && timeMs < backMs);
  expect(meanwhile.length, 'it went on reading').toBeGreaterThan(outageMs / 1_000 / 2);
});
