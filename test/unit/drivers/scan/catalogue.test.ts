// SPDX-License-Identifier: Apache-2.0
// A scan meets every meter of the catalogue, simulated: the right map is chosen, or named beside the one
// that fits as well.

import { expect, onTestFinished, test } from 'vitest';
import { quality } from '../../../../base/quality.ts';
import type { ReadValue } from '../../../../drivers/device.ts';
import { findMeter, meterDefinitions } from '../../../../drivers/index.ts';
import type { MeterDefinition } from '../../../../drivers/meter-definition.ts';
import { modbusPack } from '../../../../drivers/modbus/modbus-device.ts';
import { fitOf } from '../../../../drivers/scan/evidence.ts';
import { identify } from '../../../../drivers/scan/identify.ts';
import { startSimulatedMeter } from '../../../../drivers/simulator/simulate.ts';
import { openLine } from '../../../../drivers/transport.ts';

const transport = { kind: 'modbus-tcp', host: '127.0.0.1', port: 0 } as const;
const noon = Date.UTC(2026, 5, 21, 12);

test.each(meterDefinitions.map((definition) => [definition.id, definition] as const))(
  '%s is the first choice, or among its alternatives',
  async (id, definition) => {
    const meter = await startSimulatedMeter({
      ...{ definition, unit: 1, transport, seed: 3, nowMs: () => noon },
    });
    const line = openLine(meter.transport);
    onTestFinished(async () => {
      await line.close();
      await meter.close();
    });
    const { meter: first, alternatives, confidence } = await identify(line, 1);
    expect([first, ...alternatives]).toContain(id);
    // Certain of another would be a lie that nobody looks behind.
    if (first !== id) expect(confidence).toBe('possible');
  },
);

test('a meter that refuses what a larger map asks for is not taken for the larger one', async () => {
  const definition = findMeter('eastron-sdm120') as MeterDefinition;
  const meter = await startSimulatedMeter({
    ...{ definition, unit: 1, transport, seed: 3, nowMs: () => noon },
  });
  const line = openLine(meter.transport);
  onTestFinished(async () => {
    await line.close();
    await meter.close();
  });
  expect(await identify(line, 1)).toMatchObject({ meter: 'eastron-sdm120' });
});

test('a map without volts and hertz fits by a load that is the sum of its phases', () => {
  const definition = findMeter('acrel-adl400-secondary') as MeterDefinition;
  const { values } = modbusPack(definition);
  const reading = (watts: readonly number[]): ReadValue[] =>
    values.map(({ unit, exponent }, i) => ({
      mantissa: unit === 'W' ? Math.round((watts[i - 3] ?? 0) / 10 ** exponent) : 500,
      quality: quality.good,
    }));
  expect(fitOf(values, reading([2_400, 700, 800, 900])).points).toBeGreaterThan(0);
  expect(fitOf(values, reading([900, 700, 800, 900])).points).toBeUndefined();
  expect(fitOf(values, reading([0, 0, 0, 0])).points).toBeUndefined();
});
