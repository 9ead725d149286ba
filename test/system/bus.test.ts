// SPDX-License-Identifier: Apache-2.0
// The bus of a real tty: dead devices among living ones, and a speed that is changed for a talk.

import { expect, onTestFinished, test } from 'vitest';
import { Bus } from '../../drivers/bus/bus.ts';
import type { Reading } from '../../drivers/device.ts';
import { findDevice } from '../../drivers/find-device.ts';
import { openLine, type SharedLine } from '../../drivers/transport.ts';
import { type FaultySlave, faultySlaveOnTty, type Reaction } from '../devices/faulty-slave.ts';
import { runProgram } from '../devices/program.ts';
import { makeTtyPair } from '../devices/tty-pair.ts';

const serial = { baudRate: 9600, parity: 'none', dataBits: 8, stopBits: 1 } as const;
const units = Array.from({ length: 10 }, (_, i) => i + 1);

async function onTty(react: Reaction): Promise<{ line: SharedLine; tty: string }> {
  const pair = await makeTtyPair();
  const slave: FaultySlave = await faultySlaveOnTty(pair.slave, react);
  const transport = { kind: 'modbus-rtu', path: pair.master, ...serial } as const;
  const line = openLine(transport, { timeoutMs: 300 });
  onTestFinished(async () => {
    await line.close();
    await slave.close();
    await pair.close();
  });
  return { line, tty: pair.master };
}

test('3 dead of 10 units: the 7 are read, the 3 are found when they answer again', async () => {
  const dead = new Set([2, 5, 9]);
  const { line } = await onTty((sound, send) => {
    if (!dead.has(sound[0] ?? 0)) send(sound);
  });
  const bus = new Bus(line);
  onTestFinished(() => bus.close());
  const readings = new Map<number, Reading[]>(units.map((unit) => [unit, []]));
  for (const unit of units) {
    const found = await findDevice('eastron-sdm120', { line, unit });
    if (!found.ok) throw new Error(found.fault.detail);
    const onReading = (reading: Reading) => readings.get(unit)?.push(reading);
    bus.add({
      id: `${unit}`,
      peer: `unit ${unit}`,
      periodMs: 500,
      device: found.device,
      onReading,
    });
  }
  const answered = (unit: number) =>
    (readings.get(unit) ?? []).filter(({ faults }) => faults.length === 0).length;
  const alive = units.filter((unit) => !dead.has(unit));
  await expect
    .poll(() => Math.min(...alive.map(answered)), { timeout: 60_000 })
    .toBeGreaterThanOrEqual(20);
  for (const unit of dead) {
    const all = readings.get(unit) ?? [];
    expect(all.length).toBeGreaterThan(0);
    expect(all.length).toBeLessThan(answered(1));
    for (const { values, faults } of all) {
      expect(faults.map(({ kind }) => kind)).toEqual(['time-out']);
      expect(values.every(({ mantissa }) => mantissa === null)).toBe(true);
    }
  }
  const revived = [...dead];
  dead.clear();
  await expect
    .poll(() => Math.min(...revived.map(answered)), { timeout: 60_000 })
    .toBeGreaterThanOrEqual(3);
  await line.close();
});

test('a talk changes the speed of the tty, and leaves it as it was', async () => {
  const { line, tty } = await onTty(() => undefined);
  const speed = async () => (await runProgram('stty', ['-F', tty, 'speed'])).stdout.trim();
  const seen = await line.bytes?.converse(async ({ setBaudRate }) => {
    const refused = await setBaudRate(300);
    return { refused, speed: await speed() };
  });
  expect(seen).toEqual({ refused: undefined, speed: '300' });
  expect(await speed()).toBe('9600');
});
