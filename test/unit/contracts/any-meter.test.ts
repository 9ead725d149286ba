// SPDX-License-Identifier: Apache-2.0
// Meters of three protocols and three register maps, dumb as they are, behind one gateway: what goes up
// of them is of one form, and says the same of the same load.

import { expect, onTestFinished, test } from 'vitest';
import { schemaOf } from '../../../drivers/device-schema.ts';
import { findDevice } from '../../../drivers/find-device.ts';
import { type AnyMeter, findAnyMeter } from '../../../drivers/index.ts';
import { startSimulatedMeter } from '../../../drivers/simulator/simulate.ts';
import { openLine } from '../../../drivers/transport.ts';
import { batch, closing, Ledger, schemaEntry, start, windows } from './ledger.ts';

const meters = [
  { id: 'eastron-sdm630', kind: 'rtu-tcp', address: undefined },
  { id: 'schneider-iem3000', kind: 'modbus-tcp', address: undefined },
  { id: 'dlt645-three-phase', kind: 'rtu-tcp', address: '000000000161' },
] as const;

/** Ten readings of a device as its packs. */
async function heard({ id, kind, address }: (typeof meters)[number], number: number) {
  let timeMs = start;
  const simulated = await startSimulatedMeter({
    definition: findAnyMeter(id) as AnyMeter,
    ...{ unit: 17, address, seed: 5, nowMs: () => timeMs },
    transport: { kind, host: '127.0.0.1', port: 0 },
  });
  const line = openLine(simulated.transport);
  onTestFinished(async () => {
    await line.close();
    await simulated.close();
  });
  const found = await findDevice(id, { line, unit: 17, address });
  if (!found.ok) throw new Error(found.fault.detail);
  const unit = address === undefined ? 17 : null;
  const installed = { device: `meter-${number}`, line: kind, unit, periodMs: 1_000 };
  const entry = schemaEntry(number, schemaOf(found.device, installed));
  const packs = [];
  for (; timeMs < start + 10_000; timeMs += 1_000) {
    const { values } = await found.device.read();
    packs.push({
      ...{ schemaId: entry.id, timeMs, clock: { state: 'synchronised', errorMs: 1 } as const },
      mantissas: values.map(({ mantissa }) => mantissa),
      qualities: values.map(({ quality }) => quality),
    });
  }
  return { entry, packs };
}

test('three protocols, three maps: summaries of one form, which agree', async () => {
  const told = await Promise.all(meters.map((meter, i) => heard(meter, i + 1)));
  const requests = told.map(({ entry }) => entry.schema.request);
  expect(new Set(requests).size).toBe(3);
  const ledger = new Ledger(windows);
  ledger.block(start, ...told.map(({ entry }) => entry));
  ledger.block(start + 10_000, ...told.map(({ packs }) => batch(...packs)));
  const summaries = ledger.summaries(closing);
  const [first] = summaries;
  for (const summary of summaries) {
    expect(Object.keys(summary)).toEqual(Object.keys(first as object));
  }
  for (const obis of ['1-0:1.8.0*255', '1-0:16.7.0*255']) {
    const alike = summaries.filter((summary) => summary.obis === obis);
    expect(alike.map(({ definition }) => definition).sort()).toEqual(
      meters.map(({ id }) => id).sort(),
    );
    expect(new Set(alike.map(({ unit }) => unit)).size).toBe(1);
    const shown = alike.map(({ last, exponent }) => Number(`${last}e${exponent}`));
    for (const value of shown) expect(Math.abs(value - (shown[0] ?? 0))).toBeLessThanOrEqual(10);
    for (const { count, missing } of alike)
      expect({ count, missing }).toEqual({ count: 10, missing: [] });
  }
});
