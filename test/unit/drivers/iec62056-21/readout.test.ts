// SPDX-License-Identifier: Apache-2.0
// Messages of IEC 62056-21: a real readout, its block check, and what is no message.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, toHex, utf8 } from '../../../../base/bytes.ts';
import { formatDecimal } from '../../../../base/decimal.ts';
import {
  blockCheck,
  isDeviceAddress,
  judgeIntroduction,
  judgeReadout,
  readoutRequest,
  signOn,
} from '../../../../drivers/iec62056-21/readout.ts';

const vectors: {
  readonly readout: {
    readonly identification: string;
    readonly text: string;
    readonly values: Readonly<Record<string, string>>;
  };
  readonly blocks: readonly { readonly text: string; readonly meaning: string }[];
} = JSON.parse(readFileSync(new URL('../../../vectors/iec62056-21.json', import.meta.url), 'utf8'));

const { readout } = vectors;
const seeded = { seed: 20_260, numRuns: 1_000 };

function shown(text: string): Record<string, string> | string {
  const judged = judgeReadout(utf8(text));
  if (judged.kind !== 'complete') return judged.kind;
  const rows = [...judged.value.values].map(([code, value]) => [
    code,
    `${formatDecimal(value)} ${value.unit}`,
  ]);
  return Object.fromEntries(rows);
}

/** Between start and end of text, with its block check. */
function framed(text: string): string {
  const block = `${text}\u0003`;
  return `\u0002${block}${String.fromCharCode(blockCheck(utf8(block)))}`;
}

describe('a readout', () => {
  test('of a real meter is read exactly', () => {
    expect(shown(readout.text)).toEqual(readout.values);
  });

  test.each(vectors.blocks)('block check: $meaning', ({ text }) => {
    const bytes = utf8(text);
    const start = 1 + bytes.findIndex((byte) => byte === 1 || byte === 2);
    expect(blockCheck(bytes.subarray(start, -1))).toBe(bytes.at(-1));
  });

  test.each([
    ['1-0:1.8.0*255(001.500*kWh)', { '1-0:1.8.0*255': '1500 Wh' }],
    [
      '1.8.0(001.500*kWh)2.8.0(3.1*kWh)',
      { '1-0:1.8.0*255': '1500 Wh', '1-0:2.8.0*255': '3100 Wh' },
    ],
    ['1.6.0(00.123*kW)(2601021200)', { '1-0:1.6.0*255': '123 W' }],
    ['1.8.0*01(001.500*kWh)', {}],
    ['1.8.0(001.500)', {}],
    ['1.8.0(1.5*kWh)\r\n1.8.0(1.6*kWh)', {}],
    ['C.1.0(28342193)\r\n0.9.1(120000)', {}],
    ['1.8.0(-1.5*kWh)', { '1-0:1.8.0*255': '-1500 Wh' }],
    ['1.8.0(1e5*kWh)', {}],
  ])('%j holds %j', (text, values) => {
    expect(shown(framed(`${text}\r\n!\r\n`))).toEqual(values);
  });

  test('with any bit turned is none', () => {
    const bytes = utf8(readout.text);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(6), (at, bit) => {
        const turned = bytes.with(at, (bytes[at] as number) ^ (1 << bit));
        expect(judgeReadout(turned).kind).not.toBe('complete');
      }),
      seeded,
    );
  });

  test('is not made of noise, and noise never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        expect(['incomplete', 'crc', 'complete']).toContain(judgeReadout(noise).kind);
        expect(['incomplete', 'crc', 'complete', 'malformed']).toContain(
          judgeIntroduction(concat(utf8('/'), noise)).kind,
        );
      }),
      seeded,
    );
  });
});

describe('an introduction', () => {
  const judged = (text: string) => judgeIntroduction(utf8(text));

  test('names maker, speed and model, also behind an echo', () => {
    const expected = {
      kind: 'complete',
      value: {
        identification: {
          maker: 'ISK',
          model: 'ME162-0033',
          mode: { kind: 'C', baudRate: 9_600 },
        },
      },
    };
    expect(judged(`${readout.identification}\r\n`)).toMatchObject(expected);
    expect(judged(`/?!\r\n${readout.identification}\r\n`)).toMatchObject(expected);
    expect(judged(readout.identification)).toEqual({ kind: 'incomplete' });
  });

  test('of mode A goes on with the readout', () => {
    expect(judged('/ABB Old one\r\n')).toEqual({ kind: 'incomplete' });
    const whole = judged(`/ABB Old one\r\n${framed('1.8.0(1.5*kWh)\r\n!\r\n')}`);
    if (whole.kind !== 'complete') throw new Error('it is whole');
    expect(whole.value.identification).toEqual({
      maker: 'ABB',
      model: ' Old one',
      mode: { kind: 'A' },
    });
    expect(whole.value.readout?.values.size).toBe(1);
  });

  test.each(['/ABBAold\r\n', '/AB\r\n', '/ABB9x\r\n', '/1235x\r\n'])('%j is none', (text) => {
    expect(judged(text)).toMatchObject({ kind: 'malformed' });
  });

  test('of mode B is called so', () => {
    const detail = 'it speaks mode B, which is not read';
    expect(judged('/ABBD A1500\r\n')).toEqual({ kind: 'malformed', detail });
  });
});

test('what is sent', () => {
  expect(toHex(signOn(''))).toBe('2f3f210d0a');
  expect(toHex(readoutRequest(9_600))).toBe('063035300d0a');
  expect(toHex(readoutRequest(300))).toBe('063030300d0a');
  expect(isDeviceAddress('1!')).toBe(false);
});
