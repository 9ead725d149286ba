// SPDX-License-Identifier: Apache-2.0
// Devices behind TCP, as a bus reads them: connections that are reset, that go dead without a word, and
// bytes that trickle. No value is wrong, and all comes back by itself.

import { describe, expect, onTestFinished, test } from 'vitest';
import { quality } from '../../base/quality.ts';
import { Bus, type BusReading } from '../../drivers/bus/bus.ts';
import { findDevice } from '../../drivers/find-device.ts';
import { findMeter } from '../../drivers/index.ts';
import type { MeterDefinition } from '../../drivers/meter-definition.ts';
import { startSimulatedMeter } from '../../drivers/simulator/simulate.ts';
import { openLine } from '../../drivers/transport.ts';
import { type TcpProxy, tcpProxy } from '../devices/tcp-proxy.ts';

const definition = findMeter('eastron-sdm120') as MeterDefinition;
const sound: readonly number[] = [quality.good, quality.afterBusError];

type Watched = { readonly proxy: TcpProxy; readonly readings: BusReading[] };

/** A simulated meter, the proxy before it, and a bus that reads it five times a second. */
async function watched(kind: 'modbus-tcp' | 'rtu-tcp'): Promise<Watched> {
  const transport = { kind, host: '127.0.0.1', port: 0 } as const;
  const nowMs = () => Date.UTC(2026, 5, 21, 12);
  const meter = await startSimulatedMeter({ definition, unit: 1, transport, seed: 3, nowMs });
  const proxy = await tcpProxy('port' in meter.transport ? meter.transport.port : 0);
  const line = openLine({ ...transport, port: proxy.port }, { timeoutMs: 300 });
  const bus = new Bus(line);
  onTestFinished(async () => {
    await line.close();
    await bus.close();
    await proxy.close();
    await meter.close();
  });
  const found = await findDevice(definition.id, { line, unit: 1 });
  if (!found.ok) throw new Error(found.fault.detail);
  const readings: BusReading[] = [];
  const onReading = (reading: BusReading) => readings.push(reading);
  bus.add({ id: '1', peer: 'unit 1', periodMs: 200, device: found.device, onReading });
  await untilSound(readings, 3);
  return { proxy, readings };
}

const isSound = ({ faults }: BusReading) => faults.length === 0;

/** So many more sound readings from now on. */
async function untilSound(readings: readonly BusReading[], count: number): Promise<void> {
  const before = readings.filter(isSound).length;
  const more = () => readings.filter(isSound).length - before;
  await expect.poll(more, { timeout: 60_000 }).toBeGreaterThanOrEqual(count);
}

/** The load stands still: whatever was read is what was read at first, or nothing. */
function expectTrue(readings: readonly BusReading[]): void {
  const [first] = readings.filter(isSound);
  for (const { values, faults } of readings) {
    for (const [i, { mantissa, quality: code }] of values.entries()) {
      if (mantissa !== null) expect(mantissa).toBe(first?.values[i]?.mantissa);
      if (faults.length === 0) expect(sound).toContain(code);
    }
  }
}

describe.each(['modbus-tcp', 'rtu-tcp'] as const)('%s', (kind) => {
  test('a connection that is reset, again and again, is opened anew', async () => {
    const { proxy, readings } = await watched(kind);
    const before = proxy.connectionCount();
    for (let i = 0; i < 5; i++) {
      proxy.reset();
      await untilSound(readings, 2);
    }
    expect(proxy.connectionCount()).toBeGreaterThanOrEqual(before + 5);
    expectTrue(readings);
  });

  test('a connection whose other end is gone without a word is given up', async () => {
    const { proxy, readings } = await watched(kind);
    const before = proxy.connectionCount();
    proxy.goDead();
    await expect
      .poll(() => readings.some(({ faults }) => faults.length > 0), { timeout: 60_000 })
      .toBe(true);
    await untilSound(readings, 3);
    expect(proxy.connectionCount()).toBeGreaterThan(before);
    expectTrue(readings);
    const at = readings.findLastIndex(({ faults }) => faults.length > 0);
    const { values } = readings[at + 1] as BusReading;
    expect(values.some(({ quality: code }) => code === quality.afterBusError)).toBe(true);
  });

  test('bytes that trickle make whole answers', async () => {
    const { proxy, readings } = await watched(kind);
    proxy.trickle(1);
    await untilSound(readings, 5);
    expectTrue(readings);
  });
});
