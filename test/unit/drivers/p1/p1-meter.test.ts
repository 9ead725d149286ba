// SPDX-License-Identifier: Apache-2.0
// A P1 port on a line: found by what it says, read once a telegram, and truthful about what is missing.

import { describe, expect, type TestContext, test } from 'vitest';
import { fromHex, utf8 } from '../../../../base/bytes.ts';
import { qualityName } from '../../../../base/quality.ts';
import type { ByteListener } from '../../../../drivers/bus/byte-line.ts';
import { crc16, crc16Arc } from '../../../../drivers/crc16.ts';
import type { Device, Reading } from '../../../../drivers/device.ts';
import { findDevice } from '../../../../drivers/find-device.ts';
import { findProtocolMeter } from '../../../../drivers/index.ts';
import { dsmrP1 } from '../../../../drivers/p1/p1-meter.ts';
import type { ProtocolMeter } from '../../../../drivers/protocol-meter.ts';
import { startSimulatedMeter } from '../../../../drivers/simulator/simulate.ts';
import { openLine } from '../../../../drivers/transport.ts';
import { sealed, telegramText } from './telegrams.ts';

/** A line that says what it is told to say. */
function speaker() {
  const listeners = new Set<ByteListener>();
  const line = {
    name: 'test',
    reopen: async () => undefined,
    listen: (listener: ByteListener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const say = (bytes: Uint8Array | string) => {
    const said = typeof bytes === 'string' ? utf8(bytes) : bytes;
    for (const { bytes: hear } of [...listeners]) hear(said);
  };
  const lose = () => {
    for (const { lost } of [...listeners]) lost({ kind: 'closed', detail: 'unplugged' });
  };
  return { line, say, lose, listeners };
}

type Speaker = ReturnType<typeof speaker>;

async function found(
  { line, say }: Speaker,
  first: Uint8Array | string,
  key?: readonly Uint8Array[],
): Promise<Device> {
  const place = { line: line as never, address: undefined, key };
  const finding = dsmrP1.find(place, () => true);
  say(first);
  const outcome = await finding;
  if (!outcome.ok) throw new Error(outcome.fault.detail);
  return outcome.device;
}

function qualityOf(device: Device, { values }: Reading, obis: string): string {
  const place = device.values.findIndex((value) => value.obis === `${obis}*255`);
  return qualityName(values[place]?.quality ?? 23);
}

const v5 = telegramText('TELEGRAM_V5');

/** The text up to its `!`, with its checksum behind. */
function checked(text: string): string {
  return `${text}${crc16(crc16Arc, utf8(text)).toString(16).padStart(4, '0')}\r\n`;
}

test('the first telegram tells what a reading holds', async () => {
  const device = await found(speaker(), v5);
  expect(device).toMatchObject({ definition: 'dsmr-p1', exchanges: [] });
  expect(device.request).toBe('p1 ISk5\\2MT382-1000');
  expect(device.values.find(({ obis }) => obis === '1-0:1.8.1*255')).toEqual({
    name: 'energy imported, tariff 1',
    obis: '1-0:1.8.1*255',
    unit: 'Wh',
    exponent: 0,
    register: '1-0:1.8.1*255',
    class: 'tradable',
    kind: 'counter',
    min: 0,
    max: null,
    maxStepPerSecond: null,
  });
  expect(device.values.find(({ obis }) => obis === '0-1:24.2.1*255')).toMatchObject({
    unit: 'm3',
    class: 'local',
    kind: 'counter',
  });
});

describe('a reading', () => {
  test('waits for the next telegram, and takes none twice', async () => {
    const other = speaker();
    const device = await found(other, v5);
    const reading = device.read();
    other.say(v5);
    expect((await reading).values[0]).toEqual({ mantissa: 4426, quality: 0 });
    other.say(v5);
    other.say(v5);
    expect((await device.read()).faults).toEqual([]);
    let settled = false;
    const next = device.read().then(() => {
      settled = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(settled).toBe(false);
    other.say(v5);
    await next;
  });

  test('after a damaged telegram is marked', async () => {
    const other = speaker();
    const device = await found(other, v5);
    other.say(v5.replace('004.426', '004.427'));
    other.say(v5);
    expect(qualityOf(device, await device.read(), '1-0:1.8.1')).toBe('after-bus-error');
    other.say(v5);
    expect(qualityOf(device, await device.read(), '1-0:1.8.1')).toBe('good');
  });

  test('without a checksum is never good', async () => {
    const other = speaker();
    const v3 = telegramText('TELEGRAM_V3');
    const device = await found(other, v3);
    other.say(v3);
    const reading = await device.read();
    expect(new Set(reading.values.map((value) => qualityName(value.quality)))).toEqual(
      new Set(['unchecked']),
    );
  });

  test('marks the value of a meter behind the port that is old', async () => {
    const captured = (time: string) =>
      checked(`/X\r\n\r\n0-0:1.0.0(261025033000W)\r\n0-1:24.2.1(${time})(00001.000*m3)\r\n!`);
    const other = speaker();
    const device = await found(other, captured('261025033000W'));
    // By the clock 90 minutes, and 150, for that night has an hour twice.
    for (const [time, quality] of [
      ['261025020000W', 'good'],
      ['261025020000S', 'stale'],
    ] as const) {
      other.say(captured(time));
      expect(qualityOf(device, await device.read(), '0-1:24.2.1')).toBe(quality);
    }
  });

  test('has no value for what the telegram lost', async () => {
    const other = speaker();
    const device = await found(
      other,
      '/X\r\n\r\n1-0:1.8.1(000001.000*kWh)\r\n1-0:1.7.0(01.000*kW)\r\n!\r\n',
    );
    other.say('/X\r\n\r\n1-0:1.8.1(000001.000*kWh)\r\n!\r\n');
    const reading = await device.read();
    expect(qualityOf(device, reading, '1-0:1.7.0')).toBe('not-read');
    expect(reading.values[1]?.mantissa).toBeNull();
  });

  test('ends at once when the line is lost, and goes on when it is back', async () => {
    const other = speaker();
    const device = await found(other, v5);
    const reading = device.read();
    other.say(v5.slice(0, 100));
    other.lose();
    expect(await reading).toMatchObject({ faults: [{ kind: 'closed', detail: 'unplugged' }] });
    other.say(v5.slice(100));
    other.say(v5);
    expect((await device.read()).faults).toEqual([]);
  });
});

describe('an encrypted port', () => {
  const encryption = fromHex('0123456789abcdef0123456789abcdef') as Uint8Array;
  const authentication = fromHex('ffeeddccbbaa99887766554433221100') as Uint8Array;

  test('is read with its key', async () => {
    const first = sealed(v5, { encryption, authentication, counter: 1 });
    const device = await found(speaker(), first, [encryption, authentication]);
    expect(device.values.length).toBeGreaterThan(10);
  });

  test('is not, with one that is none', async () => {
    const { line } = speaker();
    const place = { line: line as never, address: undefined, key: [utf8('short')] };
    expect(await dsmrP1.find(place, () => true)).toMatchObject({
      fault: { hint: expect.stringContaining('32 hex digits') },
    });
  });
});

test('a simulated port is found and read', async ({ onTestFinished }: TestContext) => {
  const meter = await startSimulatedMeter({
    definition: findProtocolMeter('dsmr-p1') as ProtocolMeter,
    unit: 1,
    transport: { kind: 'rtu-tcp', host: '127.0.0.1', port: 0 },
    seed: 5,
    nowMs: Date.now,
  });
  const line = openLine(meter.transport);
  onTestFinished(async () => {
    await line.close();
    await meter.close();
  });
  expect(meter.ready).toMatch(/^ready dsmr-p1 on p1 127/);
  const found = await findDevice('dsmr-p1', { line, unit: 1 });
  if (!found.ok) throw new Error(found.fault.detail);
  const reading = await found.device.read();
  expect(reading.faults).toEqual([]);
  const names = new Set(reading.values.map((value) => qualityName(value.quality)));
  expect(names).toEqual(new Set(['good']));
  const closing = found.device.read();
  await line.close();
  expect((await closing).faults).toMatchObject([{ kind: 'closed' }]);
});
