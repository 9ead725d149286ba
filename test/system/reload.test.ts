// SPDX-License-Identifier: Apache-2.0
// A gateway in service is given another configuration: a meter more, then a mistake, then a section
// that waits for a restart.

import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { gatewayStatus, newNetwork, tieline, untilStatus } from './harness/network.ts';

test('a running gateway follows its configuration, and refuses one with a mistake', async () => {
  const network = await newNetwork({ meterCount: 2, periodMs: 500 });
  const { gatewayConfig } = network;
  await network.gateway.start();
  await untilStatus(
    network,
    'both meters read',
    ({ meters }) => meters.length === 2 && meters.every(({ readCount }) => readCount > 2),
  );
  const text = await readFile(gatewayConfig, 'utf8');
  const slower = text.replace(/(name: meter-1\n(?:.*\n){2} {4}periodMs: )500/, '$1700');
  await writeFile(gatewayConfig, slower);
  const done = await tieline('reload', '--config', gatewayConfig);
  expect(done.out.split('\n').slice(0, 3)).toEqual([
    'started   meter-1',
    'stopped   meter-1',
    'kept      1 without a pause',
  ]);
  const after = await untilStatus(network, 'the other period', ({ meters }) =>
    meters.some(({ periodMs, readCount }) => periodMs === 700 && readCount > 2),
  );
  const kept = after.meters.find(({ periodMs }) => periodMs === 500);
  expect(kept).toMatchObject({ failureCount: 0, missedCount: 0 });

  await writeFile(gatewayConfig, slower.replace('periodMs: 700', 'periodMs: 7'));
  const refused = await tieline('reload', '--config', gatewayConfig);
  expect(refused.code).toBe(1);
  expect(refused.errors).toMatch(/gateway\.yaml:\d+:\d+: meters\[1\]\.periodMs/);

  await writeFile(gatewayConfig, slower.replace('intervalMs: 1000', 'intervalMs: 2000'));
  const waiting = await tieline('reload', '--config', gatewayConfig);
  expect(waiting.out).toContain('waiting   anchor: restart the gateway for these');
  expect((await gatewayStatus(network)).meters).toHaveLength(2);
});
