// SPDX-License-Identifier: Apache-2.0
// Simulated meters, end to end in one process: every meter of the catalogue, over Modbus TCP and
// RTU over TCP.

import { describe, expect, test } from 'vitest';
import { quality } from '../../../../base/quality.ts';
import type { Device, Reading } from '../../../../drivers/device.ts';
import { findDevice } from '../../../../drivers/find-device.ts';
import { meterDefinitions } from '../../../../drivers/index.ts';
import { startSimulatedMeter } from '../../../../drivers/simulator/simulate.ts';
import { openLine } from '../../../../drivers/transport.ts';

const kinds = ['modbus-tcp', 'rtu-tcp'] as const;
const noonMs = Date.UTC(2026, 5, 21, 12);

type Shown = { readonly device: Device; readonly reading: Reading };

/** As a number: for the physics only. */
function shownBy({ device, reading }: Shown, obis: string): number {
  const place = device.values.findIndex((value) => value.obis === `1-0:${obis}*255`);
  return Number(reading.values[place]?.mantissa) * 10 ** Number(device.values[place]?.exponent);
}

function has({ device }: Shown, codes: readonly string[]): boolean {
  return codes.every((code) => device.values.some(({ obis }) => obis === `1-0:${code}*255`));
}

/** As far as the meter measures it. Some give whole watts, and hundredths of an ampere. */
function expectConsistent(shown: Shown): void {
  const power = shownBy(shown, '16.7.0');
  if (has(shown, ['131.7.0', '13.7.0'])) {
    const reactive = shownBy(shown, '131.7.0');
    expect(power / Math.hypot(power, reactive)).toBeCloseTo(shownBy(shown, '13.7.0'), 2);
  }
  const phases = ['36.7.0', '56.7.0', '76.7.0'];
  if (has(shown, phases)) {
    const sum = phases.reduce((total, obis) => total + shownBy(shown, obis), 0);
    expect(Math.abs(sum - power)).toBeLessThanOrEqual(2);
  }
  if (has(shown, ['32.7.0', '31.7.0', '36.7.0'])) {
    const apparent = shownBy(shown, '32.7.0') * (shownBy(shown, '31.7.0') + 0.01);
    expect(apparent).toBeGreaterThanOrEqual(Math.abs(shownBy(shown, '36.7.0')));
  }
}

describe.each(kinds)('over %s', (kind) => {
  test.each(meterDefinitions.map((definition) => [definition.id, definition] as const))(
    '%s reads completely, plausibly, and consistently',
    async (id, definition) => {
      let timeMs = noonMs;
      const meter = await startSimulatedMeter({
        definition,
        unit: 17,
        transport: { kind, host: '127.0.0.1', port: 0 },
        seed: 5,
        nowMs: () => timeMs,
      });
      const line = openLine(meter.transport);
      expect(meter.ready).toMatch(new RegExp(`^ready ${id} unit 17 on ${kind} 127.0.0.1:\\d+$`));
      const found = await findDevice(id, { line, unit: 17 });
      if (!found.ok) throw new Error(found.fault.detail);
      const { device } = found;
      const read = async (): Promise<Shown> => ({ device, reading: await device.read() });
      const first = await read();
      expect(first.reading.faults).toEqual([]);
      const qualities = first.reading.values.map((value) => value.quality);
      expect(new Set(qualities)).toEqual(new Set([quality.good]));
      expectConsistent(first);
      timeMs += 3_600_000;
      const later = await read();
      const counters = ['1.8.0', '2.8.0'];
      const net = (shown: Shown) => counters.reduce((sum, obis) => sum + shownBy(shown, obis), 0);
      if (has(first, counters)) expect(net(later)).toBeGreaterThan(net(first));
      await line.close();
      await meter.close();
    },
  );
});

test('a port that is taken is an error with a hint', async () => {
  const [definition] = meterDefinitions;
  if (definition === undefined) throw new Error('the catalogue is empty');
  const settings = { definition, unit: 1, seed: 1, nowMs: () => noonMs };
  const meter = await startSimulatedMeter({
    ...settings,
    transport: { kind: 'modbus-tcp', host: '127.0.0.1', port: 0 },
  });
  await expect(
    startSimulatedMeter({ ...settings, transport: meter.transport }),
  ).rejects.toMatchObject({ code: 'listen', hint: expect.stringContaining('another port') });
  await meter.close();
});
