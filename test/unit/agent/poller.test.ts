// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Poller, type PollerOptions } from '../../../agent/poller.ts';
import { encodePack, type Pack } from '../../../base/pack.ts';
import { type QualityCode, quality } from '../../../base/quality.ts';
import { Bus } from '../../../drivers/bus/bus.ts';
import type { Device, Reading } from '../../../drivers/device.ts';
import { createLog } from '../../../host/log.ts';
import { schemaId, startMs } from '../chain/fixture.ts';

const periodMs = 1_000;

/** Takes as long as it is told, and then has two values or none. */
class TestDevice implements Device {
  readonly definition = 'test-meter';
  readonly values = [];
  readonly exchanges = [];
  readonly request = 'none';
  delayMs = 10;
  isSilent = false;
  mantissa = 42;
  quality: QualityCode = quality.good;
  readCount = 0;

  read = async (): Promise<Reading> => {
    this.readCount += 1;
    await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (!this.isSilent) {
      const value = { mantissa: this.mantissa, quality: this.quality };
      return { values: [value, value], faults: [] };
    }
    const value = { mantissa: null, quality: quality.timeOut };
    return { values: [value, value], faults: [{ kind: 'time-out', detail: 'no answer' }] };
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount(), 'nothing keeps the process alive').toBe(0);
  vi.useRealTimers();
});

function setUp(options: Partial<PollerOptions> = {}) {
  const device = new TestDevice();
  const packs: { readonly atMs: number; readonly pack: Pack; readonly isUrgent: boolean }[] = [];
  const lines: string[] = [];
  const beganMs = Date.now();
  const elapsedMs = () => Date.now() - beganMs;
  const bus = new Bus({ timeoutMs: 1_000 });
  const poller = new Poller({
    name: 'urn:dev:ops:test',
    device,
    peer: 'unit 1',
    periodMs,
    alarm: false,
    schemaId,
    bus,
    clock: {
      nowMs: () => startMs + elapsedMs(),
      monotonicMs: elapsedMs,
      state: () => ({ state: 'synchronised', errorMs: 1 }),
    },
    log: createLog({ level: 'info', human: false, write: (line) => lines.push(line) }),
    onPack: (_name, pack, { isUrgent }) => packs.push({ atMs: elapsedMs(), pack, isUrgent }),
    ...options,
  });
  const events = () => lines.map((line) => JSON.parse(line).event);
  const close = async () => {
    poller.close();
    await bus.close();
  };
  return { device, packs, events, poller, close };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('it reads at once, then on the grid of its period, without drift', async () => {
  const { device, packs, poller, close } = setUp();
  device.delayMs = 30;
  await pass(10_500);
  expect(packs.map(({ atMs }) => atMs)).toEqual(
    Array.from({ length: 11 }, (_, i) => i * periodMs + 30),
  );
  expect(packs[3]?.pack.timeMs).toBe(startMs + 3_030);
  expect(poller.status).toMatchObject({ readCount: 11, failureCount: 0, missedCount: 0 });
  await close();
});

test('an instant that passes while it reads is left out and counted, not made up for', async () => {
  const { device, packs, poller, close } = setUp();
  await pass(500);
  device.delayMs = 3_200;
  await pass(1_000);
  device.delayMs = 10;
  await pass(5_000);
  // The instant at 4 s is over when the line is free, but the next has not come: it is read late.
  expect(packs.map(({ atMs }) => atMs)).toEqual([10, 4_200, 4_210, 5_010, 6_010]);
  expect(poller.status).toMatchObject({ readCount: 5, missedCount: 2 });
  await close();
});

test('a silent meter makes packs of nulls with their reason, and one line in the log', async () => {
  const { device, packs, events, poller, close } = setUp();
  device.isSilent = true;
  await pass(60_500);
  expect(packs.length).toBeGreaterThan(5);
  for (const { pack } of packs) {
    expect(pack).toMatchObject({ mantissas: [null, null], qualities: [16, 16] });
    expect(encodePack(pack).length).toBeGreaterThan(0);
  }
  expect(poller.status).toMatchObject({ failureCount: packs.length, fault: 'no answer' });
  expect(poller.status.lastReadMs).toBeUndefined();
  device.isSilent = false;
  await pass(10_000);
  expect(events()).toEqual(['meter-silent', 'meter-answers']);
  expect(poller.status.fault).toBeUndefined();
  const { readCount } = poller.status;
  await pass(5_000);
  expect(poller.status.readCount).toBe(readCount + 5);
  await close();
});

test('an instant that is far from the next is tried again, and makes one pack of nulls', async () => {
  const { device, packs, close } = setUp({ periodMs: 900_000 });
  device.isSilent = true;
  await pass(60_000);
  expect(device.readCount).toBeGreaterThan(3);
  expect(packs).toHaveLength(1);
  device.isSilent = false;
  await pass(10_000);
  expect(packs).toHaveLength(2);
  expect(packs[1]?.pack.mantissas).toEqual([42, 42]);
  await close();
});

test('of a group of alarms, what says something else than before is urgent, and nothing else is', async () => {
  const { device, packs, close } = setUp({ alarm: true });
  const urgent = () => packs.map(({ isUrgent }) => isUrgent);
  await pass(2_500);
  // Before the first nothing was known.
  expect(urgent()).toEqual([true, false, false]);
  device.mantissa = 43;
  await pass(2_000);
  expect(urgent().slice(3)).toEqual([true, false]);
  device.quality = quality.deviceFlagged;
  await pass(2_000);
  expect(urgent().slice(5)).toEqual([true, false]);
  device.isSilent = true;
  await pass(2_000);
  expect(urgent().slice(7).filter(Boolean)).toHaveLength(1);
  await close();
  const plain = setUp();
  await pass(1_500);
  plain.device.mantissa = 43;
  await pass(1_000);
  expect(plain.packs.map(({ isUrgent }) => isUrgent)).toEqual([false, false, false]);
  await plain.close();
});

test('when it ends nothing is read any more, and what was interrupted is no pack', async () => {
  const { device, packs, close } = setUp();
  await pass(1_500);
  device.delayMs = 60_000;
  await pass(1_000);
  const { readCount } = device;
  const ended = close();
  await pass(100_000);
  await ended;
  expect(packs).toHaveLength(2);
  expect(device.readCount).toBe(readCount);
});

test('what fails behind it is logged, and the next instant comes', async () => {
  const { events, close } = setUp({
    onPack: () => {
      throw new Error('no room');
    },
  });
  await pass(2_500);
  expect(events()).toEqual(['reading-failed', 'reading-failed', 'reading-failed']);
  await close();
});
