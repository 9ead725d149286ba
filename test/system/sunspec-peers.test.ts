// SPDX-License-Identifier: Apache-2.0
// SunSpec with a program that we did not write: pysunspec2 finds in our simulated device what we find.

import { expect, test } from 'vitest';
import { findDevice } from '../../drivers/find-device.ts';
import { type AnyMeter, findAnyMeter } from '../../drivers/index.ts';
import { startSimulatedMeter } from '../../drivers/simulator/simulate.ts';
import { type Endpoint, openLine } from '../../drivers/transport.ts';
import { python, runProgram } from '../devices/program.ts';

test('pysunspec2 reads the simulated device as `read` does', async () => {
  const simulated = await startSimulatedMeter({
    definition: findAnyMeter('sunspec') as AnyMeter,
    unit: 1,
    transport: { kind: 'modbus-tcp', host: '127.0.0.1', port: 0 },
    seed: 11,
    nowMs: () => Date.UTC(2026, 5, 21, 12),
  });
  const { port } = simulated.transport as Endpoint;
  const run = await runProgram(python, ['test/system/python/sunspec_client.py', `${port}`]);
  expect(run).toMatchObject({ exitCode: 0 });
  const theirs = JSON.parse(run.stdout);
  expect(theirs.models).toEqual([1, 103, 123, 203, 704, 707, 708, 709, 710]);
  expect(theirs.trips).toEqual({
    707: {
      curves: 2,
      points: [
        [80, 3],
        [45, 0.3],
      ],
    },
    708: {
      curves: 2,
      points: [
        [110, 60],
        [125, 0.1],
      ],
    },
    709: { curves: 2, points: [[47.5, 0.1]] },
    710: { curves: 2, points: [[51.5, 0.1]] },
  });
  const line = openLine(simulated.transport);
  const found = await findDevice('sunspec', { line, unit: 1 });
  if (!found.ok) throw new Error(found.fault.detail);
  const { values } = await found.device.read();
  const ours = (obis: string) => {
    const place = found.device.values.findIndex((value) => value.obis === `${obis}*255`);
    return Number(values[place]?.mantissa) * 10 ** Number(found.device.values[place]?.exponent);
  };
  expect(ours('1-0:16.7.0')).toBeCloseTo(-theirs.inverter.W, 3);
  expect(ours('1-0:2.8.0')).toBeCloseTo(theirs.inverter.WH, 3);
  expect(ours('1-0:32.7.0')).toBeCloseTo(theirs.inverter.PhVphA, 3);
  expect(ours('1-0:14.7.0')).toBeCloseTo(theirs.inverter.Hz, 3);
  expect(ours('1-1:16.7.0')).toBeCloseTo(theirs.meter.W, 3);
  expect(ours('1-1:1.8.0')).toBeCloseTo(theirs.meter.TotWhImp, 3);
  await line.close();
  await simulated.close();
});
