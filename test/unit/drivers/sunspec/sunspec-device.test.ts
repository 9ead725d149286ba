// SPDX-License-Identifier: Apache-2.0
// A SunSpec device as a device: what it measures, each value with the scale factor of its own answer.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { quality } from '../../../../base/quality.ts';
import { encodeSchema } from '../../../../base/schema.ts';
import { LineMemory } from '../../../../drivers/bus/line-memory.ts';
import { Patience } from '../../../../drivers/bus/patience.ts';
import type { Device } from '../../../../drivers/device.ts';
import { schemaOf } from '../../../../drivers/device-schema.ts';
import type { LineFault, RegisterRequest } from '../../../../drivers/line.ts';
import { sunspec } from '../../../../drivers/sunspec/sunspec-device.ts';
import { type Image, imageOf, lineOf, type ModelSettings } from './sunspec-image.ts';

const common: ModelSettings = { id: 1, raw: { Mn: 'Acme Ltd', Md: 'PV-5', SN: 'A 17' } };
const inverter: ModelSettings = {
  id: 103,
  raw: {
    ...{ A: 217, AphA: 72, AphB: 72, AphC: 73, A_SF: -1, PhVphA: 2310, PhVphB: 2311, V_SF: -1 },
    ...{ W: 5000, W_SF: 0, Hz: 5001, Hz_SF: -2, WH: 123_456, WH_SF: 1, PF: 99, PF_SF: 0 },
  },
};
const meter: ModelSettings = {
  id: 203,
  raw: { W: -120, W_SF: 1, TotWhImp: 7, TotWhExp: 9, TotWh_SF: 2, PhVphA: 230, V_SF: 0 },
};

const memory = () => new LineMemory(new Patience(1_000));

function placed(image: Image, fault?: (request: RegisterRequest) => LineFault | undefined) {
  const { line, requests } = lineOf(image, fault);
  return { place: { line: { registers: line, memory: memory() }, unit: 1 }, requests };
}

async function deviceOf(image: Image): Promise<{ device: Device; requests: RegisterRequest[] }> {
  const { place, requests } = placed(image);
  const found = await sunspec.find(place, () => true);
  if (!found.ok) throw new Error(found.fault.detail);
  requests.length = 0;
  return { device: found.device, requests };
}

async function readings(device: Device) {
  const { values } = await device.read();
  return new Map(
    device.values.map(({ obis, exponent }, i) => {
      const { mantissa, quality: code } = values[i] as (typeof values)[number];
      return [obis, mantissa === null ? code : `${mantissa}e${exponent}`];
    }),
  );
}

test('an inverter: exact values, generation as export, who it is', async () => {
  const { device } = await deviceOf(imageOf(40_000, [common, inverter]));
  expect(device.identity).toBe('AcmeLtd-PV5-A17');
  const values = await readings(device);
  expect(Object.fromEntries(values)).toMatchObject({
    '1-0:32.7.0*255': '23100e-2',
    '1-0:31.7.0*255': '7200e-3',
    '1-0:16.7.0*255': '-50000e-1',
    '1-0:14.7.0*255': '50010e-3',
    '1-0:2.8.0*255': '1234560e0',
    '1-0:13.7.0*255': '990e-3',
  });
  expect([...values.keys()]).not.toContain('1-0:72.7.0*255');
});

test('one request fetches values and their scale factors', async () => {
  const { device, requests } = await deviceOf(imageOf(40_000, [common, inverter]));
  await device.read();
  expect(requests.length).toBe(1);
  expect(device.request).toBe(`modbus fc=3 ${requests[0]?.address}+${requests[0]?.count}`);
});

test('a scale factor that changes while running changes no value', async () => {
  const image = imageOf(40_000, [common, inverter]);
  const { device } = await deviceOf(image);
  image.set(40_070 + 14, 500).set(40_070 + 15, 1);
  expect((await readings(device)).get('1-0:16.7.0*255')).toBe('-50000e-1');
  image.set(40_070 + 15, 0x8000);
  expect((await readings(device)).get('1-0:16.7.0*255')).toBe(quality.notImplemented);
});

test('what an inverter does not measure just now, at night, is null and no zero', async () => {
  const { raw, ...rest } = inverter;
  const image = imageOf(40_000, [common, { ...rest, raw: { ...raw, W: -32_768 } }]);
  const { device } = await deviceOf(image);
  expect((await readings(device)).get('1-0:16.7.0*255')).toBe(quality.notImplemented);
  image.set(40_070 + 14, 7);
  expect((await readings(device)).get('1-0:16.7.0*255')).toBe('-70e-1');
});

test('an inverter with a meter behind it: a channel for each', async () => {
  const { device } = await deviceOf(imageOf(0, [common, inverter, common, meter]));
  const values = await readings(device);
  expect(values.get('1-0:16.7.0*255')).toBe('-50000e-1');
  expect(values.get('1-1:16.7.0*255')).toBe('-12000e-1');
  expect(values.get('1-1:1.8.0*255')).toBe('700e0');
  const names = device.values.map(({ name }) => name);
  expect(names).toContain('inverter: active power');
  expect(names).toContain('meter: energy exported');
  const schema = schemaOf(device, { device: 'x', line: 'bus', unit: 1, periodMs: 1_000 });
  expect(encodeSchema(schema).length).toBeGreaterThan(0);
});

test('of one source as integers and as floats one is taken', async () => {
  const floats = { id: 113, raw: { W: 4_999.5, WH: 123_456 } };
  const both = await deviceOf(imageOf(40_000, [common, floats, inverter]));
  expect(both.device.values.every(({ register }) => register.startsWith('sunspec 103'))).toBe(true);
  const alone = await deviceOf(imageOf(40_000, [common, floats]));
  expect((await readings(alone.device)).get('1-0:16.7.0*255')).toBe('-49995e-1');
});

test('counters of 64 bits, and a model longer than one answer', async () => {
  const raw = { W: 12, W_SF: 2, TotWhInj: 5_000_000_000, TotWh_SF: 0, VL3: 2299, V_SF: -1 };
  const { device, requests } = await deviceOf(imageOf(40_000, [common, { id: 701, raw }]));
  const values = await readings(device);
  expect(values.get('1-0:2.8.0*255')).toBe('5000000000e0');
  expect(values.get('1-0:16.7.0*255')).toBe('-12000e-1');
  expect(values.get('1-0:72.7.0*255')).toBe('22990e-2');
  for (const { count } of requests) expect(count).toBeLessThanOrEqual(125);
});

describe('a model of another length than its definition', () => {
  test('longer: what is more is passed over', async () => {
    const image = imageOf(40_000, [common, { ...inverter, length: 58 }, meter]);
    const values = await readings((await deviceOf(image)).device);
    expect(values.get('1-1:2.8.0*255')).toBe('900e0');
  });

  test('shorter: what is missing is no value', async () => {
    const image = imageOf(40_000, [common, { ...inverter, length: 20 }, meter]);
    const { device } = await deviceOf(image);
    const values = await readings(device);
    expect(values.get('1-0:16.7.0*255')).toBe('-50000e-1');
    expect([...values.keys()]).not.toContain('1-0:2.8.0*255');
    expect(values.get('1-1:2.8.0*255')).toBe('900e0');
  });
});

test('a device that gives few registers at once is read in parts', async () => {
  const image = imageOf(40_000, [common, meter]);
  const tooMany = ({ count }: RegisterRequest): LineFault | undefined =>
    count > 40 ? { kind: 'exception', exceptionCode: 3, detail: 'too many' } : undefined;
  const { place } = placed(image, tooMany);
  const found = await sunspec.find(place, () => true);
  if (!found.ok) throw new Error(found.fault.detail);
  const values = await readings(found.device);
  expect(values.get('1-0:1.8.0*255')).toBe('700e0');
  expect(values.get('1-0:16.7.0*255')).toBe('-12000e-1');
});

test('after a silence it is asked whether it is still what it was', async () => {
  const image = imageOf(40_000, [common, inverter]);
  let silent = false;
  const { place } = placed(image, () =>
    silent ? { kind: 'time-out', detail: 'silent' } : undefined,
  );
  const found = await sunspec.find(place, () => true);
  if (!found.ok) throw new Error(found.fault.detail);
  silent = true;
  const { faults, values } = await found.device.read();
  expect(faults.map(({ kind }) => kind)).toEqual(['time-out']);
  expect(values.every(({ quality: code }) => code === quality.timeOut)).toBe(true);
  silent = false;
  image.set(40_070, 101);
  const changed = await found.device.read();
  expect(changed.faults[0]).toMatchObject({ detail: expect.stringContaining('does not stand') });
  expect(changed.values.every(({ mantissa }) => mantissa === null)).toBe(true);
  image.set(40_070, 103);
  expect((await readings(found.device)).get('1-0:16.7.0*255')).toBe('-50000e-1');
});

test('a device without AC values says what it has', async () => {
  const { place } = placed(imageOf(40_000, [common, { id: 802, length: 62 }]));
  expect(await sunspec.find(place, () => true)).toMatchObject({
    ok: false,
    fault: { detail: expect.stringContaining('it has 1, 802') },
  });
});

describe('what a meter has signed', () => {
  const length = 252;
  const signed: ModelSettings = { id: 64_901, length };
  const place = 40_002 + 68 + 107;
  const written = (image: Image, seed: number) => {
    for (let i = 0; i < length; i++) image.set(place + 2 + i, (i * 7_919 + seed) & 0xffff);
    return image;
  };
  const bytesIn = (image: Image) =>
    Uint8Array.from({ length: 508 }, (_, i) => {
      const word = image.get(place + (i >> 1)) ?? 0;
      return i % 2 === 0 ? word >>> 8 : word & 0xff;
    });
  const minute = () => vi.advanceTimersByTime(60_000);

  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  test('is carried byte by byte once, and again when it is another', async () => {
    const image = written(imageOf(40_000, [common, meter, signed]), 1);
    const { device } = await deviceOf(image);
    const name = `sunspec 64901 ${place}`;
    expect((await device.read()).record).toEqual({ name, bytes: bytesIn(image) });
    expect((await device.read()).record).toBeUndefined();
    minute();
    expect((await device.read()).record).toBeUndefined();
    written(image, 2);
    expect((await device.read()).record).toBeUndefined();
    minute();
    const { record, values, faults } = await device.read();
    expect(record).toEqual({ name, bytes: bytesIn(image) });
    expect([values.length, faults]).toEqual([device.values.length, []]);
  });

  test('is not carried while it is being written, or where nothing ever was', async () => {
    const image = imageOf(40_000, [common, meter, signed]);
    const { device } = await deviceOf(image);
    expect((await device.read()).record).toBeUndefined();
    minute();
    let asked = 0;
    const changing = placed(written(image, 1), ({ address }) => {
      asked += 1;
      if (address >= place) image.set(place + 200, asked);
      return undefined;
    });
    const found = await sunspec.find(changing.place, () => true);
    if (!found.ok) throw new Error(found.fault.detail);
    const reading = await found.device.read();
    expect(reading.record).toBeUndefined();
    expect(reading.faults).toEqual([]);
  });

  test('rides with one group of values alone', async () => {
    const image = written(imageOf(40_000, [common, meter, signed]), 1);
    const found = await sunspec.find(placed(image).place, ({ kind }) => kind === 'counter');
    if (!found.ok) throw new Error(found.fault.detail);
    expect((await found.device.read()).record).toBeUndefined();
  });
});
