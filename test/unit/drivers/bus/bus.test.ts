// SPDX-License-Identifier: Apache-2.0
// The bus of a line in false time: whom it asks, and what it makes of faults.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { quality } from '../../../../base/quality.ts';
import { Bus } from '../../../../drivers/bus/bus.ts';
import type { Reading } from '../../../../drivers/device.ts';
import type { AskOptions, LineFault } from '../../../../drivers/line.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount(), 'nothing keeps the process alive').toBe(0);
  vi.useRealTimers();
});

type Behaviour = () => LineFault | undefined;

test('what is an alarm is asked for as one', async () => {
  const bus = new Bus({ timeoutMs: 1_000 });
  const asked: unknown[] = [];
  const device = {
    ...{ definition: 'test', request: 'none', exchanges: [], values: [] },
    read: async ({ priority }: AskOptions = {}): Promise<Reading> => {
      asked.push(priority);
      return { values: [], faults: [] };
    },
  };
  const common = { device, periodMs: 1_000, onReading: () => {} };
  bus.add({ id: 'usual', peer: '1', ...common });
  bus.add({ id: 'alarm', peer: '2', ...common, alarm: true });
  await pass(1_500);
  expect(asked.toSorted()).toEqual(['alarm', 'alarm', 'scheduled', 'scheduled']);
  await bus.close();
});

function setUp(behaviours: Record<string, Behaviour>, periodMs = 1_000) {
  const bus = new Bus({ timeoutMs: 1_000 });
  const asked: string[] = [];
  const read: string[] = [];
  for (const [id, behaviour] of Object.entries(behaviours)) {
    const device = {
      definition: 'test',
      request: 'none',
      exchanges: [],
      values: [],
      read: async (_: AskOptions = {}): Promise<Reading> => {
        asked.push(id);
        await new Promise((resolve) => setTimeout(resolve, 20));
        const fault = behaviour();
        return { values: [], faults: fault === undefined ? [] : [fault] };
      },
    };
    const onReading = ({ faults }: Reading) => {
      if (faults.length === 0) read.push(id);
    };
    bus.add({ id, peer: id, periodMs, device, onReading });
  }
  const count = (list: readonly string[], id: string) => list.filter((one) => one === id).length;
  return {
    bus,
    asked: (id: string) => count(asked, id),
    read: (id: string) => count(read, id),
  };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const well = () => undefined;
const fault = (kind: 'time-out' | 'crc' | 'closed') => () => ({ kind, detail: 'as ordered' });

test('one that is silent is asked ever less often, the others as before', async () => {
  const { bus, asked, read } = setUp({ well, silent: fault('time-out') });
  await pass(60_500);
  expect(read('well')).toBe(61);
  expect(asked('silent')).toBeLessThanOrEqual(20);
  expect(asked('silent')).toBeGreaterThanOrEqual(7);
  await bus.close();
});

test('a line that is not there says nothing about its devices: all are read when it is', async () => {
  let there = false;
  const { bus, read } = setUp({
    a: () => (there ? undefined : fault('closed')()),
    b: () => (there ? undefined : fault('closed')()),
  });
  await pass(30_500);
  there = true;
  await pass(2_000);
  expect(read('a')).toBe(2);
  expect(read('b')).toBe(2);
  await bus.close();
});

test('an exception is an answer; one that a gateway gives in its place is not', async () => {
  const exception = (exceptionCode: number) => () => ({
    kind: 'exception' as const,
    exceptionCode,
    detail: 'as ordered',
  });
  const { bus, asked } = setUp({ refusing: exception(2), behind: exception(11) });
  await pass(30_500);
  expect(asked('refusing')).toBe(31);
  expect(asked('behind')).toBeLessThan(15);
  await bus.close();
});

test('a device that is removed is not read any more, and what was under way is not told', async () => {
  const { bus, asked, read } = setUp({ a: well, b: well });
  await pass(1_010);
  bus.remove('a');
  await pass(5_100);
  expect(asked('a')).toBe(2);
  expect(read('a')).toBe(1);
  expect(read('b')).toBe(7);
  await bus.close();
});

test('a device that is read wrongly gives nulls, and does not stop the others', async () => {
  const { bus, read } = setUp({ well });
  const values: Reading['values'][] = [];
  const value = { name: 'x', obis: '1-0:1.8.0*255' } as never;
  bus.add({
    id: 'wrong',
    peer: 'wrong',
    periodMs: 1_000,
    device: {
      definition: 'test',
      request: 'none',
      exchanges: [],
      values: [value],
      read: () => Promise.reject(new Error('a mistake')),
    },
    onReading: (reading) => values.push(reading.values),
  });
  await pass(3_500);
  expect(values[0]).toEqual([{ mantissa: null, quality: quality.malformedAnswer }]);
  expect(read('well')).toBe(4);
  await bus.close();
});
