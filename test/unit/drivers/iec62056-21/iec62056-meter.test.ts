// SPDX-License-Identifier: Apache-2.0
// A meter of IEC 62056-21 on a line: mode C with and without a change of speed, mode A, and silence.

import { expect, type TestContext, test } from 'vitest';
import { concat, fromUtf8, utf8 } from '../../../../base/bytes.ts';
import { qualityName } from '../../../../base/quality.ts';
import type { ByteChannelListener } from '../../../../drivers/bus/byte-channel.ts';
import { ByteLine } from '../../../../drivers/bus/byte-line.ts';
import { findDevice } from '../../../../drivers/find-device.ts';
import { iec6205621 } from '../../../../drivers/iec62056-21/iec62056-meter.ts';
import { blockCheck } from '../../../../drivers/iec62056-21/readout.ts';
import type { AnyMeter } from '../../../../drivers/index.ts';
import { startSimulatedMeter } from '../../../../drivers/simulator/simulate.ts';
import { openLine } from '../../../../drivers/transport.ts';

const serial = { baudRate: 300, parity: 'even', dataBits: 7, stopBits: 1 } as const;

function framed(text: string): Uint8Array {
  const block = concat(utf8(text), Uint8Array.of(3));
  return concat(Uint8Array.of(2), block, Uint8Array.of(blockCheck(block)));
}

/** A tty with a meter behind it that answers by a table, `speeds` as they were set. */
function scripted(
  { onTestFinished }: TestContext,
  answers: Readonly<Record<string, Uint8Array>>,
  overTcp = false,
) {
  const events: string[] = [];
  let listener: ByteChannelListener | undefined;
  const open = async (to: ByteChannelListener) => {
    listener = to;
    return {
      write: async (bytes: Uint8Array) => {
        const text = fromUtf8(bytes) ?? '';
        events.push(JSON.stringify(text));
        const answer = answers[text];
        if (answer !== undefined) setTimeout(() => listener?.bytes(answer), 5);
      },
      discardInput: async () => undefined,
      setBaudRate: async (baudRate: number) => {
        events.push(`${baudRate}`);
      },
      close: async () => undefined,
    };
  };
  const line = new ByteLine(open, {
    ...{ name: 'test', serial, timeoutMs: 60, gapMs: 1, settleMs: 60, deviceGapMs: 0 },
    ...{ overTcp, timeOutHint: () => 'look at it' },
  });
  onTestFinished(() => line.close());
  return { line, events };
}

const sound = framed('1.8.0(0001.500*kWh)\r\n32.7.0(230.1*V)\r\n!\r\n');
const place = (line: ByteLine, address?: string) => ({ line, address, key: undefined });

test('mode C: the speed that the meter names, for the readout alone', async (context) => {
  const { line, events } = scripted(context, {
    '/?!\r\n': utf8('/ISK5ME162\r\n'),
    '\u0006050\r\n': sound,
  });
  const found = await iec6205621.find(place(line), () => true);
  if (!found.ok) throw new Error(found.fault.detail);
  expect(events).toEqual(['"/?!\\r\\n"', '"\\u0006050\\r\\n"', '9600', '300']);
  expect(found.device.request).toBe('iec62056-21 /?! ISK ME162');
  const { values, faults } = await found.device.read();
  expect(faults).toEqual([]);
  expect(values.map(({ mantissa }) => mantissa)).toEqual([1_500, 2_301]);
  expect(found.device.values[0]).toMatchObject({ obis: '1-0:1.8.0*255', exponent: 0, unit: 'Wh' });
});

test('mode C behind a serial server stays at its speed', async (context) => {
  const answers = { '/?12!\r\n': utf8('/ISK5ME162\r\n'), '\u0006000\r\n': sound };
  const { line, events } = scripted(context, answers, true);
  expect(await iec6205621.find(place(line, '12'), () => true)).toMatchObject({ ok: true });
  expect(events).toEqual(['"/?12!\\r\\n"', '"\\u0006000\\r\\n"']);
});

test('mode A: identification and readout in one', async (context) => {
  const answers = { '/?!\r\n': concat(utf8('/ABB old\r\n'), sound) };
  const { line, events } = scripted(context, answers);
  const found = await iec6205621.find(place(line), () => true);
  if (!found.ok) throw new Error(found.fault.detail);
  expect(events).toEqual(['"/?!\\r\\n"']);
  expect((await found.device.read()).values).toHaveLength(2);
});

test('the readout by which it was found is its first reading; the next leaves it time', async (context) => {
  const whole = concat(utf8('/ABB Old one\r\n'), sound);
  const { line, events } = scripted(context, { '/?!\r\n': whole });
  const found = await iec6205621.find(place(line), () => true);
  if (!found.ok) throw new Error(found.fault.detail);
  const foundAtMs = performance.now();
  expect((await found.device.read()).values).toHaveLength(2);
  expect(events).toHaveLength(1);
  await found.device.read();
  expect(events).toHaveLength(2);
  expect(performance.now() - foundAtMs).toBeGreaterThan(450);
});

test('a damaged readout has no value', async (context) => {
  const answers = { '/?!\r\n': utf8('/ISK5ME162\r\n'), '\u0006050\r\n': sound };
  const { line } = scripted(context, answers);
  const found = await iec6205621.find(place(line), () => true);
  if (!found.ok) throw new Error(found.fault.detail);
  // That which found it.
  expect((await found.device.read()).faults).toEqual([]);
  Object.assign(answers, { '\u0006050\r\n': sound.with(9, 0x39) });
  const damaged = await found.device.read();
  expect(damaged.faults).toMatchObject([{ kind: 'crc' }]);
  expect(damaged.values.map(({ quality }) => qualityName(quality))).toEqual([
    'malformed-answer',
    'malformed-answer',
  ]);
  Object.assign(answers, { '\u0006050\r\n': framed('1.8.0(0001.500*kWh)\r\n!\r\n') });
  const less = await found.device.read();
  expect(less.values.map(({ quality }) => qualityName(quality))).toEqual([
    'after-bus-error',
    'not-read',
  ]);
});

test('an address that cannot be asked for is refused', async (context) => {
  const { line, events } = scripted(context, {});
  const found = await iec6205621.find(place(line, '1!'), () => true);
  expect(found).toMatchObject({ fault: { hint: expect.stringContaining('letters and digits') } });
  expect(events).toEqual([]);
});

test.for(['A', 'C'] as const)(
  'a simulated meter of mode %s is read through a serial server',
  async (mode, { onTestFinished }) => {
    const meter = await startSimulatedMeter({
      definition: iec6205621 satisfies AnyMeter,
      unit: 1,
      transport: { kind: 'rtu-tcp', host: '127.0.0.1', port: 0 },
      mode,
      seed: 5,
      nowMs: () => Date.UTC(2026, 5, 21, 12),
    });
    const line = openLine(meter.transport);
    onTestFinished(async () => {
      await line.close();
      await meter.close();
    });
    const found = await findDevice('iec62056-21', { line, unit: 1, address: '28342193' });
    if (!found.ok) throw new Error(found.fault.detail);
    const reading = await found.device.read();
    expect(reading.faults).toEqual([]);
    expect(found.device.values.map(({ obis }) => obis)).toContain('1-0:72.7.0*255');
    expect(new Set(reading.values.map(({ quality }) => qualityName(quality)))).toEqual(
      new Set(['good']),
    );
  },
);
