// SPDX-License-Identifier: Apache-2.0
// Telegrams of real P1 ports: their checksums, their values as exact numbers, and what is stepped over.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../../../../base/bytes.ts';
import { limits } from '../../../../base/limits.ts';
import { meterTimeMs } from '../../../../drivers/p1/meter-time.ts';
import { TelegramStream } from '../../../../drivers/p1/telegram-stream.ts';
import { hear, shown, telegram, telegramNames, telegramText } from './telegrams.ts';

const seeded = { seed: 20_260, numRuns: 300 };

describe('a telegram', () => {
  test.each(telegramNames)('%s is taken whole', (name) => {
    expect(telegram(name).checked).toBe(name !== 'TELEGRAM_V3');
  });

  test('is taken in whatever pieces it comes, among others', () => {
    const all = utf8(telegramNames.map(telegramText).join(''));
    const cuts = fc.array(fc.nat(all.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (places) => {
        const stream = new TelegramStream();
        const heard: string[] = [];
        const ends = [...places.toSorted((a, b) => a - b), all.length];
        for (const [i, end] of ends.entries()) {
          const piece = all.subarray(ends[i - 1] ?? 0, end);
          heard.push(...stream.push(piece).map(({ kind }) => kind));
        }
        expect(heard).toEqual(telegramNames.map(() => 'message'));
      }),
      seeded,
    );
  });

  test('with any character changed is none', () => {
    const sound = utf8(telegramText('TELEGRAM_V5'));
    const end = sound.indexOf('!'.charCodeAt(0));
    fc.assert(
      fc.property(fc.nat(end), fc.integer({ min: 1, max: 127 }), (at, change) => {
        const damaged = hear(sound.with(at, (sound[at] as number) ^ change));
        expect(damaged.filter(({ kind }) => kind === 'message')).toEqual([]);
      }),
      seeded,
    );
  });

  test('that another one cuts off is none, the other is', () => {
    const half = telegramText('TELEGRAM_V4_2')
      .slice(0, 200)
      .replace(/[^\n]*$/, '');
    expect(hear(utf8(half + telegramText('TELEGRAM_V5'))).map(({ kind }) => kind)).toEqual([
      'malformed',
      'message',
    ]);
  });

  test('that the stream began in the middle of is nothing to report', () => {
    const stream = telegramText('TELEGRAM_V5').slice(300) + telegramText('TELEGRAM_V4_2');
    expect(hear(utf8(stream)).map(({ kind }) => kind)).toEqual(['message']);
  });

  test('without end is given up, and the next is heard', () => {
    const stream = new TelegramStream();
    const endless = utf8(`/X\r\n${'1-0:1.8.1(000001.000*kWh)\r\n'.repeat(1_000)}`);
    expect(stream.push(endless)).toMatchObject([
      { kind: 'malformed', detail: expect.stringContaining(`${limits.telegramBytesMax}`) },
    ]);
    expect(stream.push(utf8(telegramText('TELEGRAM_V5')))).toMatchObject([{ kind: 'message' }]);
  });

  test('never is what noise makes, and noise never throws', () => {
    const pieces = fc.constantFrom(
      '/',
      '!',
      '\r\n',
      '1-0:1.8.1(',
      '*kWh)',
      '(',
      ')',
      '0A1B',
      '\u0000',
    );
    const texts = fc.array(pieces, { maxLength: 60 }).map((parts) => utf8(parts.join('')));
    fc.assert(
      fc.property(fc.oneof(texts, fc.uint8Array({ maxLength: 600 })), (noise) => {
        for (const heard of hear(concat(noise, utf8('\r\n')))) {
          if (heard.kind === 'message') expect(heard.value.checked).toBe(false);
        }
      }),
      { ...seeded, numRuns: 2_000 },
    );
  });
});

describe('values', () => {
  test.each([
    ['TELEGRAM_V4_2', '1-0:1.8.1', '1581123 Wh'],
    ['TELEGRAM_V4_2', '1-0:1.8.2', '1435706 Wh'],
    ['TELEGRAM_V4_2', '1-0:1.7.0', '2027 W'],
    ['TELEGRAM_V4_2', '0-1:24.2.1', '981.443 m3'],
    ['TELEGRAM_V5', '1-0:1.8.1', '4426 Wh'],
    ['TELEGRAM_V5', '1-0:2.8.1', '2444 Wh'],
    ['TELEGRAM_V5', '1-0:32.7.0', '230.0 V'],
    ['TELEGRAM_V5', '1-0:31.7.0', '0.48 A'],
    ['TELEGRAM_V5', '0-1:24.2.1', '0.107 m3'],
    ['TELEGRAM_V5_TWO_MBUS', '0-1:24.2.1', undefined],
    ['TELEGRAM_V5_TWO_MBUS', '0-2:24.2.1', '246.138 m3'],
    ['TELEGRAM_UNPADDED_CRC', '0-1:24.2.1', '240860000000 J'],
    ['TELEGRAM_FLUVIUS_V171', '1-0:1.6.0', '2589 W'],
    ['TELEGRAM_FLUVIUS_V171', '0-1:24.2.3', '112.384 m3'],
    ['TELEGRAM_FLUVIUS_V171', '0-2:24.2.1', '872.234 m3'],
    ['TELEGRAM_V3', '1-0:1.8.1', '12345678 Wh'],
    ['TELEGRAM_V3', '1-0:1.7.0', '1190 W'],
    ['TELEGRAM_V3', '0-1:24.2.1', '1.001 m3'],
  ])('%s has %s: %s', (name, obis, value) => {
    expect(shown(telegram(name), obis)).toBe(value);
  });

  test('of months gone by are none of now', () => {
    const codes = [...telegram('TELEGRAM_FLUVIUS_V171').values.keys()];
    expect(codes.filter((code) => code.startsWith('0-0:98.1'))).toEqual([]);
  });

  test('of a meter behind the port have an age', () => {
    const { values } = telegram('TELEGRAM_V4_2');
    expect(values.get('0-1:24.2.1*255')?.ageMs).toBe(
      Date.UTC(2016, 10, 13, 20, 57, 57) - Date.UTC(2016, 10, 29, 20, 0, 0),
    );
    expect(values.get('1-0:1.8.1*255')?.ageMs).toBeUndefined();
  });

  test('that stand twice make the telegram none', () => {
    const twice = '/X\r\n\r\n1-0:1.8.1(000001.000*kWh)\r\n1-0:1.8.1(000002.000*kWh)\r\n!\r\n';
    expect(hear(utf8(twice))).toMatchObject([{ detail: expect.stringContaining('twice') }]);
  });
});

describe('the time on the meter', () => {
  const apart = (from: string, to: string) => Number(meterTimeMs(to)) - Number(meterTimeMs(from));

  test('goes on over the night that has an hour twice', () => {
    expect(apart('261025023000S', '261025023000W')).toBe(3_600_000);
    expect(apart('261025025959S', '261025020000W')).toBe(1_000);
    expect(apart('260329015959W', '260329030000S')).toBe(1_000);
  });

  test.each([
    '',
    '260329015959',
    '260229000000W',
    '261301000000W',
    '260101240000W',
    '2601010060000W',
  ])('%s is none', (text) => {
    expect(meterTimeMs(text)).toBeUndefined();
  });
});
