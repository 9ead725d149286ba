// SPDX-License-Identifier: Apache-2.0
// A process that is the gateways of a fleet: it sends the messages of files over a real broker, as fast
// as a real dispatch node answers them, or at a pace. Argument: a `Publish` as JSON; answers with a
// `Published`.

import { setTimeout as sleep } from 'node:timers/promises';
import { toHex } from '../../../base/bytes.ts';
import { createLog } from '../../../host/log.ts';
import { connectMqtt } from '../../../host/mqtt.ts';
import { chainIdOfOrigin, chainOrigin } from '../../../sidechain/chain/names.ts';
import { Feed } from './feed.ts';
import type { Publish, Published } from './orders.ts';
import { processSeconds } from './process-seconds.ts';

/** An anchor that was not answered by then counts as one without an answer. */
const answerMs = 30_000;

const order = JSON.parse(process.argv[2] ?? '') as Publish;
const feed = new Feed(order);
const waiting = new Map<string, () => void>();
/** The newest anchor of each chain. */
const turns = new Map<string, Promise<void>>();
let answered = 0;
const log = createLog({ level: 'error' });
const mqtt = connectMqtt({ url: order.mqttUrl, clientId: 'bench-gateways', log });
mqtt.subscribe('tieline/v1/+/receipt', (topic, payload) => {
  feed.answered(topic, payload);
  const chainId = chainIdOfOrigin(topic.slice(0, topic.lastIndexOf('/')));
  const resolve = chainId && waiting.get(toHex(chainId));
  if (resolve === undefined) return;
  answered += 1;
  resolve();
});
await new Promise<void>((resolve) => mqtt.onConnected(resolve));

await feed.warmUp(send);
answered = 0;
const cpu = () => ({
  node: processSeconds(order.nodePid),
  broker: processSeconds(order.brokerPid),
});
const before = cpu();
const begun = performance.now();
await feed.run(send);
const seconds = (performance.now() - begun) / 1_000;
const after = cpu();
await mqtt.close();
const { unanswered, p50Ms, p95Ms, p99Ms } = feed.result();
const published: Published = {
  ...{ anchors: answered, seconds, unanswered, p50Ms, p95Ms, p99Ms },
  nodeSeconds: after.node - before.node,
  brokerSeconds: after.broker - before.broker,
};
process.stdout.write(`${JSON.stringify(published)}\n`);

/**
 * Resolves with the answer of an anchor; of a summary, when the broker has it. A chain has one anchor
 * under way, as a gateway does.
 */
async function send(chainId: Uint8Array, kind: string, payload: Uint8Array): Promise<void> {
  const topic = `${chainOrigin(chainId)}/${kind}`;
  if (kind !== 'anchor') return mqtt.publish(topic, payload, { qos: 1, retain: false });
  const chain = toHex(chainId);
  const turn = (turns.get(chain) ?? Promise.resolve()).then(() =>
    sendAnchor(chain, topic, payload),
  );
  turns.set(chain, turn);
  return turn;
}

async function sendAnchor(chain: string, topic: string, payload: Uint8Array): Promise<void> {
  const answer = new Promise<void>((resolve) => waiting.set(chain, resolve));
  await mqtt.publish(topic, payload, { qos: 1, retain: false });
  const late = new AbortController();
  await Promise.race([answer, sleep(answerMs, undefined, { signal: late.signal }).catch(() => {})]);
  late.abort();
  waiting.delete(chain);
}
