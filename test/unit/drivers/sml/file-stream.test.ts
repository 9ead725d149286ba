// SPDX-License-Identifier: Apache-2.0
// SML files of our own making: their frames, numbers of every form, and what is no file.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, toHex, utf8 } from '../../../../base/bytes.ts';
import { formatDecimal } from '../../../../base/decimal.ts';
import { limits } from '../../../../base/limits.ts';
import { crc16 } from '../../../../drivers/crc16.ts';
import {
  framed,
  integer,
  type SmlEntry,
  smlFile,
} from '../../../../drivers/simulator/sml-slave.ts';
import { SmlFileStream } from '../../../../drivers/sml/file-stream.ts';
import { identityText, type SmlReadings } from '../../../../drivers/sml/readings.ts';
import { decodeTlv } from '../../../../drivers/sml/tlv.ts';

const seeded = { seed: 20_260, numRuns: 500 };
const serverId = Uint8Array.of(10, 1, 0x54, 0x4c, 0x4e, 0, 0, 0, 0x30, 0x39);
const key = new Uint8Array(48).map((_, i) => i);
const energy: SmlEntry = {
  code: [1, 0, 1, 8, 0, 255],
  ...{ unit: 30, scaler: -1, value: 12_345_678n, status: 0x1c0104 },
};
const power: SmlEntry = { code: [1, 0, 16, 7, 0, 255], unit: 27, scaler: 0, value: -3n };
const keyEntry: SmlEntry = { code: [129, 129, 199, 130, 5, 255], value: key };
const file = (...entries: readonly SmlEntry[]) => smlFile(entries, { serverId, number: 7 });
const sound = file(energy, power, keyEntry);

const hear = (bytes: Uint8Array) => new SmlFileStream().push(bytes);
const kinds = (bytes: Uint8Array) => hear(bytes).map(({ kind }) => kind);

function readings(bytes: Uint8Array): SmlReadings {
  const [heard, ...others] = hear(bytes);
  if (heard?.kind !== 'message' || others.length > 0) throw new Error('it is one file');
  return heard.value;
}

function shown(bytes: Uint8Array): Record<string, string> {
  const rows = [...readings(bytes).values].map(([code, value]) => [
    code,
    `${formatDecimal(value)} ${value.unit}`,
  ]);
  return Object.fromEntries(rows);
}

test('a file is read exactly', () => {
  expect(shown(sound)).toEqual({ '1-0:1.8.0*255': '1234567.8 Wh', '1-0:16.7.0*255': '-3 W' });
  expect(readings(sound)).toMatchObject({ serverId, statusWord: 0x1c0104n });
  expect(identityText(readings(sound))).toBe(`sml ${toHex(serverId)} key ${toHex(key)}`);
});

describe('numbers', () => {
  const read = (more: Partial<SmlEntry>) => shown(file({ ...energy, ...more }))['1-0:1.8.0*255'];

  test('with a positive scaler, and without one', () => {
    expect(read({ scaler: 3, value: 13_024n })).toBe('13024000 Wh');
    expect(shown(file({ code: power.code, unit: 27, value: 5n }))).toEqual({
      '1-0:16.7.0*255': '5 W',
    });
  });

  test('of any length and sign', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat(63), (wide, by) => {
        const value = wide >> BigInt(by);
        expect(decodeTlv(integer(value))).toEqual({
          ok: true,
          value: [{ kind: 'integer', value }],
        });
      }),
      seeded,
    );
    expect(decodeTlv(Uint8Array.of(0x53, 0xff, 0x38))).toMatchObject({ value: [{ value: -200n }] });
    expect(decodeTlv(Uint8Array.of(0x63, 0xff, 0x38))).toMatchObject({
      value: [{ value: 65_336n }],
    });
  });

  test('of no unit that is known are none', () => {
    expect(read({ unit: 255 })).toBeUndefined();
    expect(read({ scaler: 100 })).toBeUndefined();
  });

  test('that stand twice make the file none', () => {
    expect(kinds(file(energy, energy))).toEqual(['malformed']);
  });
});

describe('a stream', () => {
  test('is cut wherever it is', () => {
    const escapes = new Uint8Array(11).fill(0x1b);
    const tricky = file(energy, { code: keyEntry.code, value: escapes });
    const all = concat(sound, tricky, sound);
    expect(readings(tricky).texts.get('129-129:199.130.5*255')).toEqual(escapes);
    fc.assert(
      fc.property(fc.array(fc.nat(all.length), { maxLength: 10 }), (places) => {
        const stream = new SmlFileStream();
        const ends = [...places.toSorted((a, b) => a - b), all.length];
        const heard = ends.flatMap((end, i) => stream.push(all.subarray(ends[i - 1] ?? 0, end)));
        expect(heard.map(({ kind }) => kind)).toEqual(['message', 'message', 'message']);
      }),
      seeded,
    );
  });

  test('that began in the middle of a file goes on with the next', () => {
    expect(kinds(concat(sound.slice(40), sound))).toEqual(['message']);
    expect(kinds(concat(sound.slice(0, 40), sound))).toEqual(['malformed', 'message']);
  });

  test('without end is given up, and the next file is heard', () => {
    const stream = new SmlFileStream();
    const endless = concat(sound.slice(0, 8), new Uint8Array(limits.telegramBytesMax).fill(7));
    expect(stream.push(endless)).toMatchObject([{ kind: 'malformed' }]);
    expect(stream.push(sound)).toMatchObject([{ kind: 'message' }]);
  });
});

test('a checksum as some of Holley make it is taken', () => {
  const body = sound.slice(0, -2);
  const crc = crc16({ polynomial: 0x8408, initial: 0, finalXor: 0 }, body);
  expect(kinds(concat(body, Uint8Array.of(crc & 0xff, crc >>> 8)))).toEqual(['message']);
});

test('a file with any bit turned is none', () => {
  fc.assert(
    fc.property(fc.nat(sound.length - 1), fc.nat(7), (at, bit) => {
      expect(kinds(sound.with(at, (sound[at] as number) ^ (1 << bit)))).not.toContain('message');
    }),
    { ...seeded, numRuns: 2_000 },
  );
});

describe('what is no SML, though its checksum is right', () => {
  test.each([
    ['nothing', []],
    ['a list that promises more than there is', [0xff, 0x8f, 0x8f, 0x0f]],
    ['lists in lists without end', new Array<number>(200).fill(0x71)],
    ['octets that promise more than there is', [0x8f, 0x8f, 0x0f, 1]],
    ['a length that is less than its head', [0x80, 0x01]],
    ['a number of nine bytes', [0x5a, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['a type that is none', [0x22, 0]],
    ['only text', [...utf8('hello')]],
  ])('%s', (_, body) => {
    expect(kinds(framed(Uint8Array.from(body)))).toEqual(['malformed']);
  });

  test('whatever it is, it never throws, and says no', () => {
    const heads = fc.constantFrom(0x71, 0x76, 0x77, 0x01, 0x00, 0x62, 0x65, 0x52, 0xf1, 0x81, 0x07);
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.oneof(heads, fc.nat(255)), { maxLength: 200 }).map((all) => Uint8Array.from(all)),
    );
    fc.assert(
      fc.property(any, (body) => {
        expect(kinds(framed(body))).toEqual(['malformed']);
        expect(kinds(body)).not.toContain('message');
      }),
      { ...seeded, numRuns: 2_000 },
    );
  });
});
