// SPDX-License-Identifier: Apache-2.0
// Modbus RTU frames (Modbus over Serial Line V1.02): published frames, and that nothing else is an
// answer.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../../base/bytes.ts';
import { crc16, crc16Modbus } from '../../../../drivers/crc16.ts';
import type { RegisterRequest } from '../../../../drivers/line.ts';
import {
  answerLength,
  encodeRequest,
  hasGoodCrc,
  judgeAnswer,
  withCrc,
} from '../../../../drivers/modbus/rtu-frame.ts';
import { soundAnswer } from '../../../devices/faulty-slave.ts';

type Read = {
  readonly request: RegisterRequest;
  readonly requestHex: string;
  readonly answerHex: string;
  readonly registers?: readonly number[];
  readonly text?: { readonly from: number; readonly registers: number; readonly value: string };
};

const vectors: { reads: readonly Read[]; others: readonly { meaning: string; hex: string }[] } =
  JSON.parse(readFileSync(new URL('../../../vectors/modbus-rtu.json', import.meta.url), 'utf8'));

const bytes = (hex: string) => fromHex(hex) as Uint8Array;
const request: RegisterRequest = { unit: 1, functionCode: 4, address: 100, count: 3 };
const sound = soundAnswer(encodeRequest(request));
const seeded = { seed: 20_260, numRuns: 2_000 };

const anyRequest = fc.record({
  unit: fc.integer({ min: 1, max: 247 }),
  functionCode: fc.constantFrom<3 | 4>(3, 4),
  address: fc.nat(0xffff - 125),
  count: fc.integer({ min: 1, max: 125 }),
});

const registersIn = (judgement: ReturnType<typeof judgeAnswer>) =>
  judgement.kind === 'complete' && judgement.value.kind === 'registers'
    ? judgement.value.registers
    : undefined;

describe('frames of a real meter', () => {
  test.each(vectors.reads)('$requestHex', ({ request, requestHex, answerHex, registers, text }) => {
    expect(toHex(encodeRequest(request))).toBe(requestHex);
    const judgement = judgeAnswer(request, bytes(answerHex));
    const found = registersIn(judgement);
    expect(found).toBeDefined();
    if (registers !== undefined) expect(found).toEqual(registers);
    if (found === undefined || text === undefined) return;
    const words = found.slice(text.from, text.from + text.registers);
    const shown = String.fromCharCode(...words.flatMap((word) => [word >>> 8, word & 0xff]));
    expect(shown.replace(/\0+$/, '')).toBe(text.value);
  });

  test.each(vectors.others)('the checksum of $meaning is right', ({ hex }) => {
    expect(hasGoodCrc(bytes(hex))).toBe(true);
  });

  test('CRC-16/MODBUS of 123456789 is 0x4B37 (its check value)', () => {
    expect(crc16(crc16Modbus, new TextEncoder().encode('123456789'))).toBe(0x4b37);
  });
});

describe('an answer', () => {
  test('is the registers that were asked for', () => {
    expect(registersIn(judgeAnswer(request, sound))).toEqual([100, 101, 102]);
  });

  test('is incomplete at every length before its own', () => {
    for (let length = 0; length < sound.length; length++) {
      expect(judgeAnswer(request, sound.slice(0, length))).toEqual({ kind: 'incomplete' });
    }
  });

  test('is malformed with one byte more', () => {
    expect(judgeAnswer(request, Uint8Array.of(...sound, 0)).kind).toBe('malformed');
  });

  test('with any single bit turned is no answer', () => {
    for (let bit = 0; bit < 8 * sound.length; bit++) {
      const byte = bit >>> 3;
      const turned = sound.with(byte, (sound[byte] as number) ^ (1 << (bit & 7)));
      expect(registersIn(judgeAnswer(request, turned)), `bit ${bit}`).toBeUndefined();
    }
  });

  test.each([1, 2, 3, 4, 6, 11])('refusal %i is an exception', (code) => {
    const refusal = withCrc(Uint8Array.of(1, 0x84, code));
    expect(judgeAnswer(request, refusal)).toEqual({
      kind: 'complete',
      value: { kind: 'exception', exceptionCode: code },
    });
    expect(judgeAnswer(request, refusal.with(4, 0)).kind).toBe('crc');
    expect(judgeAnswer(request, withCrc(Uint8Array.of(1, 0x83, code))).kind).toBe('malformed');
  });

  test.each([
    ['another unit', { unit: 2 }],
    ['another function', { functionCode: 3 }],
    ['another length', { count: 2 }],
  ] as const)('to a request of %s is malformed', (_, change) => {
    expect(judgeAnswer({ ...request, ...change }, sound).kind).toBe('malformed');
  });
});

test('any request is answered by its own answer alone', () => {
  fc.assert(
    fc.property(anyRequest, anyRequest, (asked, other) => {
      const answer = soundAnswer(encodeRequest(asked));
      expect(answer.length).toBe(answerLength(asked.count));
      expect(registersIn(judgeAnswer(asked, answer))).toBeDefined();
      const alike =
        asked.unit === other.unit &&
        asked.functionCode === other.functionCode &&
        asked.count === other.count;
      if (!alike) expect(registersIn(judgeAnswer(other, answer))).toBeUndefined();
    }),
    seeded,
  );
});

test('arbitrary bytes are never registers, and never a throw', () => {
  fc.assert(
    fc.property(anyRequest, fc.uint8Array({ maxLength: 300 }), (asked, noise) => {
      expect(registersIn(judgeAnswer(asked, noise))).toBeUndefined();
      const begun = Uint8Array.of(asked.unit, asked.functionCode, 2 * asked.count, ...noise);
      if (registersIn(judgeAnswer(asked, begun)) !== undefined) {
        expect(hasGoodCrc(begun)).toBe(true);
      }
    }),
    seeded,
  );
});
