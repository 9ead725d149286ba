// SPDX-License-Identifier: Apache-2.0
// A broker that delivers twice, late, out of order, altered, and things of its own, in both
// directions: whatever arrives, each side ends up with everything once.

import { expect, onTestFinished, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { createLog } from '../../host/log.ts';
import { connectMqtt, type Mqtt } from '../../host/mqtt.ts';
import { expectExact } from './harness/exactness.ts';
import { gatewayStatus, type Network, newNetwork, untilStatus } from './harness/network.ts';
import { type Random, seededRandom, seedOfRun } from './harness/random.ts';
import { sleep } from './harness/until.ts';

const delivery = { qos: 1, retain: false } as const;

/** Hears all of the chain's messages and says each again, and others besides. */
class Meddler {
  readonly #mqtt: Mqtt;
  readonly #random: Random;
  readonly #heard: { readonly topic: string; readonly payload: Uint8Array }[] = [];
  readonly #known = new Set<string>();
  count = 0;

  constructor(network: Network, random: Random) {
    this.#random = random;
    this.#mqtt = connectMqtt({
      url: network.mqttUrl,
      clientId: 'meddler',
      log: createLog({ level: 'error' }),
    });
    onTestFinished(() => this.#mqtt.close());
    for (const kind of ['anchor', 'summary', 'receipt']) {
      this.#mqtt.subscribe(`tieline/v1/${network.chainId}/${kind}`, (topic, payload) =>
        this.#hear(topic, payload),
      );
    }
  }

  #hear(topic: string, payload: Uint8Array): void {
    const key = toHex(payload);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#heard.push({ topic, payload });
    this.#say(topic, payload);
    this.#say(topic, this.#altered(payload));
    const late = this.#heard[this.#random.between(0, this.#heard.length - 1)];
    if (late !== undefined) this.#say(late.topic, late.payload);
  }

  #altered(payload: Uint8Array): Uint8Array {
    const copy = payload.slice(0, this.#random.between(0, 3) === 0 ? -1 : payload.length);
    const place = this.#random.between(0, copy.length - 1);
    copy[place] = (copy[place] ?? 0) ^ (1 << this.#random.between(0, 7));
    this.#known.add(toHex(copy));
    return copy;
  }

  #say(topic: string, payload: Uint8Array): void {
    this.count += 1;
    this.#mqtt.publish(topic, payload, delivery).catch(() => {
      // Chance decides what gets through, here as elsewhere.
    });
  }
}

test('messages doubled, late and altered on the way change nothing', async () => {
  const seed = seedOfRun();
  const network = await newNetwork();
  const meddler = new Meddler(network, seededRandom(seed));
  await network.gateway.start();
  await untilStatus(network, 'receipts', ({ uplink }) => uplink.anchor.receiptCount >= 5);
  await network.gateway.kill();
  await sleep(1_000);
  await network.gateway.start();
  await untilStatus(network, 'receipts', ({ uplink }) => uplink.anchor.receiptCount >= 5);
  const { uplink } = await gatewayStatus(network);
  expect(uplink.answersRefused, `TIELINE_SEED=${seed}`).toBeGreaterThan(0);
  await expectExact(network).catch((error: unknown) => {
    throw new Error(`with TIELINE_SEED=${seed}`, { cause: error });
  });
  expect(meddler.count).toBeGreaterThan(30);
});
