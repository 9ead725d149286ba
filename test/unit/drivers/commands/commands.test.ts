// SPDX-License-Identifier: Apache-2.0
// What `tieline meters`, `tieline read` and `tieline simulate-meter` print, and how they refuse.

import { describe, expect, test } from 'vitest';
import { metersText } from '../../../../drivers/commands/meters.ts';
import { readOnce } from '../../../../drivers/commands/read.ts';
import { simulateMeter } from '../../../../drivers/commands/simulate-meter.ts';
import { transportOf } from '../../../../drivers/commands/transport-options.ts';
import { allMeters, findMeter } from '../../../../drivers/index.ts';
import type { MeterDefinition } from '../../../../drivers/meter-definition.ts';

const timeMs = Date.UTC(2026, 5, 21, 12);
const nowMs = () => timeMs;
const sdm630 = findMeter('eastron-sdm630') as MeterDefinition;
const adl400 = findMeter('acrel-adl400-primary') as MeterDefinition;

test('meters lists all, and tells all as JSON', () => {
  const text = metersText({ json: false });
  for (const { id } of allMeters) expect(text).toContain(id);
  const listed: { id: string; registers: { provenance: { sources: string[] } }[] }[] = JSON.parse(
    metersText({ json: true }),
  );
  expect(listed.map(({ id }) => id)).toEqual(allMeters.map(({ id }) => id));
  expect(listed[0]?.registers[0]?.provenance.sources[0]).toContain('mbmd');
});

test('read shows what a simulated meter has', async () => {
  const simulated = await simulateMeter(
    { meter: 'eastron-sdm630', tcp: '127.0.0.1:0', unit: '9' },
    nowMs,
  );
  const { transport } = simulated;
  const port = 'port' in transport ? transport.port : undefined;
  const options = { meter: 'eastron-sdm630', tcp: `127.0.0.1:${port}`, unit: '9' };
  const { text, complete } = await readOnce(options);
  expect(complete).toBe(true);
  expect(text).toMatch(/1-0:32\.7\.0\*255 +2\d\d\.\d\d +V +good +voltage L1/);
  const reading = JSON.parse((await readOnce({ ...options, json: true })).text);
  expect(reading).toMatchObject({ meter: 'eastron-sdm630', unit: 9, faults: [] });
  expect(reading.values).toContainEqual({
    obis: '1-0:1.8.0*255',
    name: 'energy imported',
    value: expect.stringMatching(/^\d+$/),
    unit: 'Wh',
    quality: 'good',
  });
  const wrongUnit = readOnce({ ...options, unit: '8', timeout: '50' });
  await expect(wrongUnit).rejects.toMatchObject({
    code: 'meter-time-out',
    hint: expect.stringContaining('unit id is 8'),
  });
  await expect(readOnce({ ...options, meter: 'chint-ddsu666' })).rejects.toMatchObject({
    code: 'meter-exception',
  });
  await simulated.close();
});

test('read asks a simulated SunSpec device what it has', async () => {
  const simulated = await simulateMeter({ meter: 'sunspec', tcp: '127.0.0.1:0' }, nowMs);
  const { transport } = simulated;
  const port = 'port' in transport ? transport.port : undefined;
  const { text, complete } = await readOnce({ meter: 'sunspec', tcp: `127.0.0.1:${port}` });
  expect(complete).toBe(true);
  expect(text).toMatch(/1-0:16\.7\.0\*255 +-\d+\.\d +W +good +inverter: active power/);
  expect(text).toMatch(/1-1:1\.8\.0\*255 +\d+ +Wh +good +meter: energy imported/);
  await simulated.close();
});

describe('a transport', () => {
  test.each([
    [{ tcp: 'meter.local:1502' }, { kind: 'modbus-tcp', host: 'meter.local', port: 1502 }],
    [{ tcp: '10.0.0.7' }, { kind: 'modbus-tcp', host: '10.0.0.7', port: 502 }],
    [{ 'rtu-tcp': '[fe80::1]:4001' }, { kind: 'rtu-tcp', host: 'fe80::1', port: 4001 }],
    [
      { serial: '/dev/ttyUSB0', baud: '19200', parity: 'odd', 'stop-bits': '2' },
      { path: '/dev/ttyUSB0', baudRate: 19_200, parity: 'odd', dataBits: 8, stopBits: 2 },
    ],
  ])('%j', (options, transport) => {
    expect(transportOf(options, sdm630)).toMatchObject(transport);
  });

  test('is by default what the meter is delivered with', () => {
    const serial = { serial: '/dev/ttyUSB0' };
    expect(transportOf(serial, adl400)).toMatchObject({ baudRate: 9600, parity: 'even' });
    expect(transportOf(serial, sdm630)).toMatchObject({ baudRate: 9600, parity: 'none' });
    expect(transportOf({ ...serial, parity: 'none' }, adl400)).toMatchObject({ parity: 'none' });
  });

  test.each([
    {},
    { tcp: 'a:1', serial: '/dev/ttyUSB0' },
    { tcp: 'a:b' },
    { tcp: 'a:65536' },
    { tcp: '' },
    { serial: 'x', baud: '9600.5' },
    { serial: 'x', parity: 'mark' },
    { serial: 'x', 'data-bits': '9' },
  ])('%j is refused', (options) => {
    expect(() => transportOf(options, sdm630)).toThrow(
      expect.objectContaining({ code: 'usage' }) as Error,
    );
  });
});

test.each([
  [{ tcp: 'a:1' }, /--meter is missing/],
  [{ tcp: 'a:1', meter: 'acme' }, /there is no meter acme/],
  [{ tcp: 'a:1', meter: 'eastron-sdm630', unit: '256' }, /--unit .* 0 to 255/],
  [{ serial: 'x', meter: 'eastron-sdm630', unit: '0' }, /--unit .* 1 to 247/],
  [{ tcp: 'a:1', meter: 'eastron-sdm630', timeout: '0' }, /--timeout/],
])('read refuses %j', async (options, message) => {
  await expect(readOnce(options)).rejects.toThrow(message);
});

test('a meter that is not known is named as it may have been meant', async () => {
  const reading = readOnce({ meter: 'eastron-sdm6300', tcp: 'a:1' });
  await expect(reading).rejects.toMatchObject({
    hint: expect.stringContaining('did you mean eastron-sdm630? `tieline meters` lists'),
  });
});

test('a tty that is not there names the ports that are', async () => {
  const reading = readOnce({ meter: 'eastron-sdm630', serial: '/dev/ttyNONE9' });
  await expect(reading).rejects.toMatchObject({
    code: 'meter-closed',
    message: expect.stringContaining('cannot open /dev/ttyNONE9: there is no such port'),
    hint: expect.stringMatching(/found/),
  });
});
