// SPDX-License-Identifier: Apache-2.0
// P1 and SML with parsers that we did not write: dsmr-parser and smllib read what our simulated meters
// send, and find the values that we find.

import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../base/bytes.ts';
import { formatDecimal, rescale } from '../../base/decimal.ts';
import { SealedStream } from '../../drivers/p1/sealed-stream.ts';
import { TelegramStream } from '../../drivers/p1/telegram-stream.ts';
import type { PrintedValue } from '../../drivers/printed-value.ts';
import type { PushDecoder } from '../../drivers/push-receiver.ts';
import { startLoad } from '../../drivers/simulator/load.ts';
import { sealTelegram } from '../../drivers/simulator/p1-seal.ts';
import { p1Telegram } from '../../drivers/simulator/p1-slave.ts';
import { smlFileOf } from '../../drivers/simulator/sml-slave.ts';
import { SmlFileStream } from '../../drivers/sml/file-stream.ts';
import { python, runProgram } from '../devices/program.ts';

const summerMs = Date.UTC(2026, 5, 21, 12);
const winterMs = Date.UTC(2026, 11, 21, 22);
const loadAt = (timeMs: number) => startLoad({ seed: 11, phaseCount: 3, timeMs });

async function theirs(
  kind: 'p1' | 'sml',
  bytes: Uint8Array,
  keys: readonly Uint8Array[] = [],
): Promise<Record<string, never>> {
  const words = [kind, ...[bytes, ...keys].map(toHex)];
  const run = await runProgram(python, ['test/system/python/serial_meters.py', ...words]);
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  return JSON.parse(run.stdout);
}

function ours<T extends { readonly values: ReadonlyMap<string, PrintedValue> }>(
  decoder: PushDecoder<T>,
  bytes: Uint8Array,
): ReadonlyMap<string, PrintedValue> {
  const [heard] = decoder.push(bytes);
  if (heard?.kind !== 'message') throw new Error('it is a message');
  return heard.value.values;
}

/** Their names of what ours have a code for, and the unit that they print. */
const named = [
  ['ELECTRICITY_USED_TARIFF_1', '1-0:1.8.1*255', 'kWh', 3],
  ['ELECTRICITY_DELIVERED_TARIFF_1', '1-0:2.8.1*255', 'kWh', 3],
  ['CURRENT_ELECTRICITY_USAGE', '1-0:1.7.0*255', 'kW', 3],
  ['CURRENT_ELECTRICITY_DELIVERY', '1-0:2.7.0*255', 'kW', 3],
  ['INSTANTANEOUS_VOLTAGE_L1', '1-0:32.7.0*255', 'V', 0],
  ['INSTANTANEOUS_VOLTAGE_L3', '1-0:72.7.0*255', 'V', 0],
  ['INSTANTANEOUS_CURRENT_L2', '1-0:51.7.0*255', 'A', 0],
  ['INSTANTANEOUS_ACTIVE_POWER_L1_POSITIVE', '1-0:21.7.0*255', 'kW', 3],
] as const;

test.each([summerMs, winterMs])('dsmr-parser reads our telegram of %i as we do', async (timeMs) => {
  const telegram = p1Telegram(loadAt(timeMs), timeMs);
  const found = await theirs('p1', telegram);
  const values = ours(new TelegramStream(), telegram);
  for (const [name, code, unit, power] of named) {
    const { mantissa, exponent } = values.get(code) as PrintedValue;
    const printed = formatDecimal({ mantissa, exponent: exponent - power });
    expect(`${name} ${found[name]}`).toBe(`${name} ${printed} ${unit}`);
  }
});

test('dsmr-parser opens our sealed telegram with the same keys', async () => {
  const encryption = new Uint8Array(16).fill(0x11);
  const authentication = fromHex('00112233445566778899aabbccddeeff') as Uint8Array;
  const keys = { encryption, authentication };
  const frame = sealTelegram(p1Telegram(loadAt(summerMs), summerMs), keys, 7);
  const found = await theirs('p1', frame, [encryption, authentication]);
  const values = ours(new SealedStream({ encryption, authentication: undefined }), frame);
  const { mantissa, exponent } = values.get('1-0:1.7.0*255') as PrintedValue;
  expect(found.CURRENT_ELECTRICITY_USAGE).toBe(
    `${formatDecimal({ mantissa, exponent: exponent - 3 })} kW`,
  );
});

test('smllib reads our SML file as we do', async () => {
  const file = smlFileOf(loadAt(summerMs), summerMs);
  const found: Record<string, readonly [number, number, number]> = await theirs('sml', file);
  const values = ours(new SmlFileStream(), file);
  expect(Object.keys(found)).toHaveLength(values.size);
  for (const [code, { mantissa, exponent }] of values) {
    // They write `0100010800ff`.
    const groups = code.split(/[-:.*]/).map((group) => Number(group).toString(16).padStart(2, '0'));
    const [value = 0, scaler = 0] = found[groups.join('')] ?? [];
    expect(rescale(value, { from: scaler, to: exponent })).toBe(mantissa);
  }
});
