// SPDX-License-Identifier: Apache-2.0
// The gateway while something around it is missing: the broker, the centre, a meter, room on the
// disk. It goes on with what it has, says once what is wrong, ends when it is told to, and makes up
// for everything afterwards.

import { expect, onTestFinished, test } from 'vitest';
import { decodePack } from '../../base/pack.ts';
import { qualityName } from '../../base/quality.ts';
import { createLog } from '../../host/log.ts';
import { connectMqtt } from '../../host/mqtt.ts';
import { readChainRecord } from './harness/chain-record.ts';
import { expectExact } from './harness/exactness.ts';
import { gatewayStatus, newNetwork, tielineWords, untilStatus } from './harness/network.ts';
import { Program } from './harness/program.ts';
import { sleep, until } from './harness/until.ts';

test('without a broker at the start it reads and orders, and anchors once there is', async () => {
  const network = await newNetwork();
  await network.broker.kill();
  await network.gateway.start();
  const { uplink } = await untilStatus(network, 'blocks', ({ ledger }) => ledger.height >= 3);
  expect(uplink).toMatchObject({ connected: false, anchor: { heard: false, sentCount: 0 } });
  expect(await network.gateway.stop(), 'it ends when told to').toMatchObject({ code: 0 });

  await network.gateway.start();
  await untilStatus(network, 'more blocks', ({ ledger }) => ledger.height >= 5);
  await network.broker.start();
  await expectExact(network);
});

test('without the centre it sends again until it is answered', async () => {
  const network = await newNetwork();
  await network.gateway.start();
  await untilStatus(network, 'summaries', ({ uplink }) => uplink.summariesStored > 0);
  await network.centre.kill();
  const { uplink } = await gatewayStatus(network);
  await untilStatus(
    network,
    'an anchor sent again',
    (now) => now.uplink.anchor.sentCount >= uplink.anchor.sentCount + 2,
  );
  const { ledger, ...down } = await gatewayStatus(network);
  expect(down.uplink.connected).toBe(true);
  expect(down.uplink.anchor.waitingSize).toBeGreaterThan(ledger.receiptSize);
  await network.centre.start();
  await expectExact(network);
});

test('a meter that falls silent makes packs of nulls with reasons, and one log line', async () => {
  const network = await newNetwork();
  await network.gateway.start();
  const [silent] = network.meters;
  await untilStatus(network, 'readings', ({ meters }) => meters.every((one) => one.readCount > 2));
  silent?.signal('SIGSTOP');
  await untilStatus(network, 'failures', ({ meters }) => (meters[0]?.failureCount ?? 0) >= 5);
  const { meters } = await gatewayStatus(network);
  expect(meters[0]?.fault).toMatch(/\S/);
  expect(meters[1]?.fault).toBeUndefined();
  silent?.signal('SIGCONT');
  await untilStatus(network, 'it answers', (now) => now.meters[0]?.fault === undefined);
  expect(network.gateway.events('meter-silent')).toHaveLength(1);
  expect(network.gateway.events('meter-answers')).toHaveLength(1);

  const { batches } = await expectExact(network);
  const packs = batches.flatMap((batch) => batch.packs.map(decodePack));
  const failed = packs.flatMap((pack) =>
    pack.ok && pack.value.mantissas.includes(null) ? [pack.value] : [],
  );
  expect(failed.length).toBeGreaterThanOrEqual(5);
  const reasons = failed.flatMap(({ qualities }) => qualities.map((code) => qualityName(code)));
  expect(reasons).toContain('time-out');
  expect(reasons).not.toContain('good');
});

test.each([
  ['that is gone', 'SIGKILL'],
  ['that answers nothing', 'SIGSTOP'],
] as const)('with a broker %s both programs end when told to', async (_, signal) => {
  const network = await newNetwork();
  await network.gateway.start();
  await untilStatus(network, 'a receipt', ({ ledger }) => ledger.receiptSize > 1);
  network.broker.signal(signal);
  await sleep(2_500);
  const [gateway, centre] = await Promise.all([network.gateway.stop(), network.centre.stop()]);
  expect(gateway, gateway.said.slice(-1_000)).toMatchObject({ code: 0 });
  expect(centre, centre.said.slice(-1_000)).toMatchObject({ code: 0 });
});

test('with no room on the disk it ends and says so, and loses nothing that it kept', async () => {
  const network = await newNetwork();
  const [node = '', ...words] = tielineWords('run', '--config', network.gatewayConfig);
  // No file beyond 500 kB: a write fails, as on a full disk.
  const narrow = new Program({
    name: 'gateway on a full disk',
    file: '/bin/sh',
    words: ['-c', 'ulimit -f 1000; exec "$@"', 'sh', node, ...words],
    isReady: (line) => line.startsWith('ready '),
  });
  await narrow.start();
  const ended = await narrow.end(300_000);
  expect(ended, ended.said.slice(-1_000)).toMatchObject({ code: 1, signal: null });
  expect(ended.said).toMatch(/^tieline: .*chain\.db: (the disk failed|no space left to write)/m);
  const kept = await readChainRecord(network.gatewayData);

  await network.gateway.start();
  const { batches } = await expectExact(network);
  expect(batches.length).toBeGreaterThan(kept.batches.length);
});

test('its retained status at the broker is online, and offline once it is gone', async () => {
  const network = await newNetwork();
  const topic = `tieline/v1/${network.chainId}/status/+`;
  const seen: string[] = [];
  const log = createLog({ level: 'error' });
  const mqtt = connectMqtt({ url: network.mqttUrl, clientId: 'watcher', log });
  onTestFinished(() => mqtt.close());
  mqtt.subscribe(topic, (_, payload) => {
    seen.push(Buffer.from(payload).toString());
  });
  const next = (count: number) => until('a status', () => seen[count - 1]);
  await network.gateway.start();
  expect(await next(1)).toBe('online');
  await network.gateway.stop();
  expect(await next(2), 'it says goodbye').toBe('offline');
  await network.gateway.start();
  expect(await next(3)).toBe('online');
  await network.gateway.kill();
  expect(await next(4), 'its will').toBe('offline');
});

test('a second gateway on the same directory is refused', async () => {
  const network = await newNetwork();
  await network.gateway.start();
  const second = new Program({
    name: 'second gateway',
    file: process.execPath,
    words: tielineWords('run', '--config', network.gatewayConfig).slice(1),
    isReady: (line) => line.startsWith('ready '),
  });
  second.launch();
  const ended = await second.end();
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.said).toMatch(/^tieline: .*chain\.db/m);
  await until('the first goes on', async () => (await gatewayStatus(network)).name);
});
