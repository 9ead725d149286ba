// SPDX-License-Identifier: Apache-2.0
// A simulated SML meter, found by what it says and read.

import { expect, test } from 'vitest';
import { qualityName } from '../../../../base/quality.ts';
import { findDevice } from '../../../../drivers/find-device.ts';
import { startSimulatedMeter } from '../../../../drivers/simulator/simulate.ts';
import { smlPush } from '../../../../drivers/sml/sml-meter.ts';
import { openLine } from '../../../../drivers/transport.ts';

test('a meter that pushes SML is found and read', async ({ onTestFinished }) => {
  const meter = await startSimulatedMeter({
    definition: smlPush,
    unit: 1,
    transport: { kind: 'rtu-tcp', host: '127.0.0.1', port: 0 },
    seed: 5,
    nowMs: () => Date.UTC(2026, 5, 21, 12),
  });
  const line = openLine(meter.transport);
  onTestFinished(async () => {
    await line.close();
    await meter.close();
  });
  const found = await findDevice('sml', { line, unit: 1 });
  if (!found.ok) throw new Error(found.fault.detail);
  const { device } = found;
  expect(device.request).toMatch(/^sml 0a01544c4e0000003039 key (5a){48}$/);
  expect(device.values.find(({ obis }) => obis === '1-0:1.8.0*255')).toMatchObject({
    name: 'energy imported',
    exponent: -1,
    unit: 'Wh',
    class: 'tradable',
  });
  const { values, faults } = await device.read();
  expect(faults).toEqual([]);
  expect(new Set(values.map(({ quality }) => qualityName(quality)))).toEqual(new Set(['good']));
  const status = device.values.findIndex(({ name }) => name === 'status word');
  expect(values[status]?.mantissa).toBe(0x1c0104);
});
