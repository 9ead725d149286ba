// SPDX-License-Identifier: Apache-2.0
// Meters are examined as the gateway reads them: at their address, and with their key.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { checkMeters } from '../../../../agent/doctor/check-meters.ts';
import type { MeterConfig } from '../../../../agent/meter-config.ts';
import { findProtocolMeter } from '../../../../drivers/index.ts';
import type { ProtocolMeter } from '../../../../drivers/protocol-meter.ts';
import { startSimulatedMeter } from '../../../../drivers/simulator/simulate.ts';
import type { Endpoint } from '../../../../drivers/transport.ts';

const keyText = '0123456789abcdef0123456789abcdef';

async function examined(
  { onTestFinished }: TestContext,
  { meter, ...more }: Pick<MeterConfig, 'meter'> & Partial<MeterConfig>,
) {
  const simulated = await startSimulatedMeter({
    definition: findProtocolMeter(meter) as ProtocolMeter,
    unit: 1,
    transport: { kind: 'rtu-tcp', host: '127.0.0.1', port: 0 },
    ...(meter === 'dsmr-p1' ? { key: [Buffer.from(keyText, 'hex')] } : {}),
    seed: 1,
    nowMs: Date.now,
  });
  onTestFinished(() => simulated.close());
  const { port } = simulated.transport as Endpoint;
  const line = { name: 'street', timeoutMs: 300, deviceGapMs: 0, rtuTcp: `127.0.0.1:${port}` };
  const plain = { name: 'main', line: 'street', unit: 1, periodMs: 1_000, periods: [] };
  const meters = [{ ...plain, meter, ...more }];
  return checkMeters({ lines: [line], meters }, new AbortController().signal);
}

async function keyFile({ onTestFinished }: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tieline-key-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'p1.key');
  await writeFile(path, keyText, { mode: 0o600 });
  return path;
}

const answers = { state: 'good', what: expect.stringContaining('main answers') };

test('at its address', async (context) => {
  const meter = 'dlt645-three-phase';
  expect(await examined(context, { meter, address: '000000000161' })).toMatchObject([answers]);
  expect(await examined(context, { meter, address: '000000000162' })).toMatchObject([
    { state: 'bad' },
  ]);
});

test('with its key', async (context) => {
  const given = { meter: 'dsmr-p1', keyFile: await keyFile(context) };
  expect(await examined(context, given)).toMatchObject([answers]);
});

test('a key that is not there is told, and no line is blamed', async (context) => {
  expect(await examined(context, { meter: 'dsmr-p1', keyFile: '/none' })).toMatchObject([
    { state: 'bad', what: 'key of main: /none: no such file or directory' },
  ]);
  const [finding, ...others] = await examined(context, { meter: 'dsmr-p1' });
  expect(finding).toMatchObject({ state: 'bad', what: expect.stringContaining('encrypted') });
  expect(others).toEqual([]);
});
