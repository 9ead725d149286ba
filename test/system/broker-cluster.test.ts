// SPDX-License-Identifier: Apache-2.0
// Two bridged brokers as deploy/mosquitto has them, gateway and centre each with both addresses: they
// meet whichever broker each is at, and go on at the one that is left. Nothing is lost or doubled.

import { expect, test } from 'vitest';
import { moveToBrokerPair } from './harness/broker-pair.ts';
import { expectExact } from './harness/exactness.ts';
import { type Network, newNetwork, untilStatus } from './harness/network.ts';

test('of two bridged brokers each is killed once under load (S0-16)', async () => {
  const network = await newNetwork();
  await network.centre.stop();
  await network.broker.stop();
  const [first, second] = await moveToBrokerPair(network);
  await network.centre.start();
  await network.gateway.start();
  const met = await receiptPast(network, 0, 'a receipt over the bridge');
  expect(first.broker.said).toMatch(/Sending PUBLISH to local\..*other-broker/);
  expect(network.gateway.events('mqtt-connected').at(-1)?.broker).toBe(first.url);
  expect(network.centre.events('mqtt-connected').at(-1)?.broker).toBe(second.url);

  // The gateway's: it goes to the centre's. Then the one where both are: they go to the first.
  await first.broker.kill();
  const together = await receiptPast(network, met, 'it goes on at the second');
  await first.broker.start();
  await second.broker.kill();
  const moved = await receiptPast(network, together, 'both go on at the first');
  await second.broker.start();

  const chain = await expectExact(network);
  expect(chain.anchoredSize).toBeGreaterThan(moved);
});

/** Waits until the centre has receipted blocks that were not yet made when this was asked. */
async function receiptPast(network: Network, size: number, what: string): Promise<number> {
  const isPast = (height: number) => height > size + 5;
  const { ledger } = await untilStatus(network, what, (now) => isPast(now.ledger.receiptSize));
  return ledger.height;
}
