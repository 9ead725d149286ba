// SPDX-License-Identifier: Apache-2.0
// Controls of simulated devices: what is said, what is written, what is read back, and that a device
// falls back by itself.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ControlOptions, control } from '../../../../drivers/commands/control.ts';
import {
  type ContactsTime,
  SgReadyContacts,
} from '../../../../drivers/control/sg-ready-contacts.ts';
import {
  findLimit,
  type LimitPlace,
  releaseLimit,
  setLimit,
} from '../../../../drivers/control/sunspec-limit.ts';
import { findAnyMeter } from '../../../../drivers/index.ts';
import { type ControlLine, faulty, type WriteRequest } from '../../../../drivers/line.ts';
import type { PlantSettings } from '../../../../drivers/simulator/plant-slave.ts';
import {
  type SimulatedMeter,
  startSimulatedMeter,
} from '../../../../drivers/simulator/simulate.ts';
import { openLine, type SharedLine } from '../../../../drivers/transport.ts';
import { imageOf, lineOf } from '../sunspec/sunspec-image.ts';

let timeMs = 0;
let device: SimulatedMeter;
let line: SharedLine;
const kinds = ['modbus-tcp', 'rtu-tcp'] as const;

async function start(kind: (typeof kinds)[number], plant: PlantSettings = {}): Promise<LimitPlace> {
  timeMs = Date.UTC(2026, 5, 21, 12);
  const definition = findAnyMeter('sunspec');
  if (definition === undefined) throw new Error('known');
  device = await startSimulatedMeter({
    definition,
    unit: 1,
    transport: { kind, host: '127.0.0.1', port: 0 },
    seed: 5,
    nowMs: () => timeMs,
    plant,
  });
  line = openLine(device.transport);
  return { line: line.registers, unit: 1 };
}

const stateOf = async (place: LimitPlace) => {
  const found = await findLimit(place);
  if (!found.ok) throw new Error(found.fault.detail);
  return found.model;
};

/** One thing waits at most. */
function simulatedTime() {
  let nowMs = 0;
  let waiting: { readonly atMs: number; readonly run: () => void } | undefined;
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const time: ContactsTime = {
    nowMs: () => nowMs,
    after: (ms, run) => {
      const own = { atMs: nowMs + ms, run };
      waiting = own;
      return () => {
        if (waiting === own) waiting = undefined;
      };
    },
  };
  return {
    ...time,
    isWaiting: () => waiting !== undefined,
    pass: async (ms: number) => {
      const endMs = nowMs + ms;
      while (waiting !== undefined && waiting.atMs <= endMs) {
        nowMs = waiting.atMs;
        waiting.run();
        await settle();
      }
      nowMs = endMs;
    },
  };
}

test.each([
  [0, 123, 'immediate-controls'],
  [50_000, 123, 'immediate-controls'],
  [0, 704, 'ac-controls'],
  [50_000, undefined, 'ac-controls'],
])('a device at %i, limited by model %s, reverts by itself', async (address, limitModel, kind) => {
  const place = await start('rtu-tcp', { address, limitModel });
  const model = await stateOf(place);
  expect(model).toMatchObject({ kind, state: { isOn: false } });
  const set = await setLimit(place, model, { permille: 600, reversionSeconds: 30 });
  expect(set).toMatchObject({ model: { state: { isOn: true, permille: 600 } } });
  timeMs += 29_999;
  expect((await stateOf(place)).state.isOn).toBe(true);
  timeMs += 1;
  expect((await stateOf(place)).state.isOn).toBe(false);
  await line.close();
  await device.close();
});

describe.each(kinds)('over %s', (kind) => {
  let place: LimitPlace;
  beforeEach(async () => {
    place = await start(kind);
  });
  afterEach(async () => {
    await line.close();
    await device.close();
  });

  test('a limit is set with its timer, shown, and ends by itself', async () => {
    const model = await stateOf(place);
    expect(model).toMatchObject({ kind: 'ac-controls', state: { isOn: false } });
    const set = await setLimit(place, model, { permille: 325, reversionSeconds: 900 });
    const shown = { isOn: true, permille: 325, reversionSeconds: 900 };
    expect(set).toMatchObject({ ok: true, model: { state: shown } });
    timeMs += 800_000;
    expect((await stateOf(place)).state).toMatchObject({ isOn: true, remainingSeconds: 100 });
    timeMs += 100_000;
    expect((await stateOf(place)).state.isOn).toBe(false);
  });

  test('a timer of more than 16 bits; a limit is released', async () => {
    const model = await stateOf(place);
    const set = await setLimit(place, model, { permille: 0, reversionSeconds: 100_000 });
    expect(set).toMatchObject({ model: { state: { reversionSeconds: 100_000 } } });
    expect(await releaseLimit(place, model)).toMatchObject({ model: { state: { isOn: false } } });
  });

  test('contacts are switched together, and not twice within a minute', async () => {
    const time = simulatedTime();
    const contacts = new SgReadyContacts({ ...place, address: 0 }, time);
    expect(await contacts.read()).toEqual({ ok: true, contacts: '00' });
    expect(await contacts.set('10')).toEqual({ ok: true, contacts: '10' });
    await time.pass(59_000);
    expect(await contacts.set('11')).toMatchObject({ ok: false, fault: { hint: 'again in 1 s' } });
    expect(await contacts.read()).toEqual({ ok: true, contacts: '10' });
    await time.pass(1_000);
    expect(await contacts.set('11')).toEqual({ ok: true, contacts: '11' });
    expect(await contacts.release()).toEqual({ ok: true, contacts: '00' });
    expect(time.isWaiting()).toBe(false);
  });

  test('what a device does not have is refused by it', async () => {
    const refused = await place.line.write({
      unit: 1,
      functionCode: 6,
      address: 40_074,
      values: [7],
    });
    expect(refused).toMatchObject({ fault: { kind: 'exception', exceptionCode: 2 } });
    const elsewhere = new SgReadyContacts({ ...place, address: 7 });
    expect(await elsewhere.read()).toMatchObject({ fault: { kind: 'exception' } });
  });
});

/** Two coils, and how many writes to them go unanswered. */
function relayModule() {
  const module = { coils: [0, 0], lostWrites: 0 };
  const answered = (registers: readonly number[]) =>
    ({ ok: true, registers, afterFault: false }) as const;
  const line: ControlLine = {
    ...lineOf(new Map()).line,
    write: async ({ values }) => {
      if (module.lostWrites-- > 0) return faulty({ kind: 'time-out', detail: 'no answer' });
      module.coils = [...values];
      return answered([]);
    },
    readCoils: async () => answered(module.coils),
  };
  return { module, place: { line, unit: 1, address: 0 } };
}

test('contacts that may have been switched without an answer are written again', async () => {
  const { module, place } = relayModule();
  const time = simulatedTime();
  const contacts = new SgReadyContacts(place, time);
  await contacts.set('00');
  await time.pass(60_000);
  module.lostWrites = 1;
  expect(await contacts.set('11')).toMatchObject({ ok: false });
  // The answer alone was lost.
  module.coils = [1, 1];
  expect(await contacts.set('00')).toEqual({ ok: true, contacts: '00' });
  expect(module.coils).toEqual([0, 0]);
});

describe('a block', () => {
  const hourMs = 3_600_000;

  test('ends within two hours, though it be asked for again and again', async () => {
    const { module, place } = relayModule();
    const time = simulatedTime();
    const contacts = new SgReadyContacts(place, time);
    for (let hour = 0; hour < 2; hour++) {
      expect(await contacts.set('10')).toMatchObject({ ok: true });
      await time.pass(hour === 0 ? hourMs : hourMs - 1);
      expect(module.coils).toEqual([1, 0]);
    }
    await time.pass(1);
    expect(module.coils).toEqual([0, 0]);
    expect(await contacts.set('10')).toMatchObject({ fault: { hint: 'again in 60 s' } });
    expect(time.isWaiting()).toBe(false);
  });

  test('is ended as soon as the module can be reached again', async () => {
    const { module, place } = relayModule();
    const time = simulatedTime();
    await new SgReadyContacts(place, time).set('10');
    module.lostWrites = 2;
    await time.pass(2 * hourMs + 60_000);
    expect(module.coils).toEqual([1, 0]);
    await time.pass(60_000);
    expect(module.coils).toEqual([0, 0]);
  });

  test('counts from its order, whether that was answered or not', async () => {
    const { module, place } = relayModule();
    const time = simulatedTime();
    module.lostWrites = 1;
    expect(await new SgReadyContacts(place, time).set('10')).toMatchObject({ ok: false });
    module.coils = [1, 0];
    await time.pass(2 * hourMs);
    expect(module.coils).toEqual([0, 0]);
  });

  test('has no other end once nobody minds the contacts', async () => {
    const { module, place } = relayModule();
    const time = simulatedTime();
    const contacts = new SgReadyContacts(place, time);
    await contacts.set('10');
    contacts.close();
    await time.pass(3 * hourMs);
    expect(module.coils).toEqual([1, 0]);
  });
});

/** A line whose registers can be written, and what was. */
function writable(image: Map<number, number>) {
  const writes: WriteRequest[] = [];
  const control: ControlLine = {
    ...lineOf(image).line,
    write: async (request) => {
      writes.push(request);
      for (const [i, value] of request.values.entries()) image.set(request.address + i, value);
      return { ok: true, registers: [], afterFault: false };
    },
    readCoils: async ({ count }) => ({
      ok: true,
      registers: Array.from({ length: count }, () => 0),
      afterFault: false,
    }),
  };
  return { place: { line: control, unit: 3 }, writes };
}

describe('model 123', () => {
  const raw = {
    ...{ WMaxLimPct: 100, WMaxLimPct_SF: 0, WMaxLim_Ena: 0, WMaxLimPct_RvrtTms: 0 },
    ...{ WMaxLimPct_WinTms: 0, WMaxLimPct_RmpTms: 0 },
  };

  test('value, timer and switch are one request, the switch last', async () => {
    const { place, writes } = writable(imageOf(40_000, [{ id: 1 }, { id: 123, raw }]));
    const model = await stateOf(place);
    const set = await setLimit(place, model, { permille: 600, reversionSeconds: 900 });
    expect(writes).toEqual([
      { unit: 3, functionCode: 16, address: 40_075, values: [60, 0, 900, 0, 1] },
    ]);
    expect(set).toMatchObject({ model: { state: { isOn: true, permille: 600 } } });
  });

  test('what the device does not implement is not written', async () => {
    const sparse = { ...raw, WMaxLimPct_WinTms: 0xffff, WMaxLimPct_RmpTms: 0xffff };
    const { place, writes } = writable(imageOf(40_000, [{ id: 1 }, { id: 123, raw: sparse }]));
    const set = await setLimit(place, await stateOf(place), {
      permille: 600,
      reversionSeconds: 900,
    });
    expect(writes.map(({ address, values }) => [address, values])).toEqual([
      [40_075, [60]],
      [40_077, [900]],
      [40_079, [1]],
    ]);
    expect(set).toMatchObject({ model: { state: { isOn: true, reversionSeconds: 900 } } });
  });

  test('a device without any timer is limited until somebody ends it', async () => {
    const bare = { WMaxLimPct_WinTms: 0xffff, WMaxLimPct_RvrtTms: 0xffff };
    const image = imageOf(40_000, [
      { id: 1 },
      { id: 123, raw: { ...raw, ...bare, WMaxLimPct_RmpTms: 0xffff } },
    ]);
    const { place, writes } = writable(image);
    await setLimit(place, await stateOf(place), { permille: 600, reversionSeconds: null });
    expect(writes.map(({ address, values }) => [address, values])).toEqual([
      [40_075, [60]],
      [40_079, [1]],
    ]);
  });

  test('a device without a timer is not limited for a time', async () => {
    const { place, writes } = writable(
      imageOf(40_000, [{ id: 1 }, { id: 123, raw: { ...raw, WMaxLimPct_RvrtTms: 0xffff } }]),
    );
    const limit = { permille: 600, reversionSeconds: 900 };
    expect(await setLimit(place, await stateOf(place), limit)).toMatchObject({ ok: false });
    expect(writes).toEqual([]);
  });

  test('a device with neither model says so', async () => {
    const { place } = writable(imageOf(40_000, [{ id: 1 }, { id: 103 }]));
    expect(await findLimit(place)).toMatchObject({
      fault: { detail: expect.stringContaining('neither SunSpec model 704 nor 123') },
    });
  });
});

describe('the command', () => {
  let lines: string[];
  let waitedMs: number;
  const parts = {
    print: (text: string) => lines.push(text),
    wait: async (ms: number) => {
      waitedMs = ms;
    },
    nowMs: () => timeMs,
  };
  const run = (options: Omit<ControlOptions, 'tcp'>) => {
    const port = 'port' in device.transport ? device.transport.port : 0;
    return control({ tcp: `127.0.0.1:${port}`, ...options }, parts);
  };
  beforeEach(async () => {
    lines = [];
    await start('modbus-tcp');
  });
  afterEach(async () => {
    await line.close();
    await device.close();
  });

  test('says what it would do, and does nothing', async () => {
    expect(await run({ limit: '62.5', for: '900' })).toBe(3);
    expect(lines).toEqual([
      'the device says: no limit (SunSpec model 704)',
      'would limit it to 62.5 % of its rating, until 900 s have passed; give --yes to do it',
    ]);
    expect((await stateOf({ line: line.registers, unit: 1 })).state.isOn).toBe(false);
  });

  test('does it, and tells what the device says', async () => {
    expect(await run({ limit: '62.5', for: '900', yes: true })).toBe(0);
    expect(lines.at(-1)).toBe(
      'the device says: limited to 62.5 % of its rating, ends by itself 900 s after it was set, ' +
        '900 s left (SunSpec model 704)',
    );
    expect(await run({ release: true, yes: true })).toBe(0);
    expect(lines.at(-1)).toBe('the device says: no limit (SunSpec model 704)');
  });

  test('contacts go back to normal when the time is over', async () => {
    expect(await run({ 'sg-ready': '10', for: '3600', yes: true })).toBe(0);
    expect(waitedMs).toBe(3_600_000);
    expect(lines.slice(-2)).toEqual(['the contacts are: 10 block', 'the contacts are: 00 normal']);
  });

  test.each([
    [{ limit: '60' }, '--keep for no end'],
    [{ limit: '60', for: '9', keep: true }, '--keep for no end'],
    [{ limit: '101', for: '9' }, 'from 0 to 100'],
    [{ limit: '6.25', for: '9' }, 'from 0 to 100'],
    [{ 'sg-ready': '10', keep: true }, 'at most 7200 s'],
    [{ 'sg-ready': '10', for: '7201' }, 'at most 7200 s'],
    [{ 'sg-ready': '01', for: '59' }, 'every 60 s'],
    [{ 'sg-ready': '2' }, '10 block'],
    [{ limit: '60', release: true }, 'give one of'],
    [{}, 'give one of'],
  ])('%j is refused', async (options, text) => {
    const refused = run({ ...options, yes: true });
    await expect(refused).rejects.toMatchObject({ code: 'usage' });
    await expect(run({ ...options, yes: true })).rejects.toThrow(text);
  });
});
