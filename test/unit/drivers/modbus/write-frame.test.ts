// SPDX-License-Identifier: Apache-2.0
// Frames that write: the examples of the Modbus Application Protocol V1.1b3, and answers that are none.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../../base/bytes.ts';
import { withCrc } from '../../../../drivers/modbus/rtu-frame.ts';
import {
  encodeCoilRead,
  encodeWrite,
  judgeCoils,
  judgeWrite,
  writePdu,
} from '../../../../drivers/modbus/write-frame.ts';

const registers = {
  unit: 17,
  functionCode: 16,
  address: 1,
  values: [0x000a, 0x0102],
} as const;
const framed = (hex: string) => withCrc(fromHex(hex) as Uint8Array);

test.each([
  ['one coil on, 6.5', { functionCode: 5, address: 0xac, values: [1] }, '0500acff00'],
  ['one coil off', { functionCode: 5, address: 0xac, values: [0] }, '0500ac0000'],
  ['one register, 6.6', { functionCode: 6, address: 1, values: [3] }, '0600010003'],
  [
    'coils, 6.11',
    { functionCode: 15, address: 0x13, values: [1, 0, 1, 1, 0, 0, 1, 1, 1, 0] },
    '0f0013000a02cd01',
  ],
  ['registers, 6.12', registers, '100001000204000a0102'],
] as const)('%s', (_, request, hex) => {
  expect(toHex(writePdu({ unit: 17, ...request }))).toBe(hex);
  expect(encodeWrite({ unit: 17, ...request })).toEqual(framed(`11${hex}`));
});

describe('the answer to a write', () => {
  test('is its address and count', () => {
    expect(judgeWrite(registers, framed('111000010002')).kind).toBe('complete');
  });

  test('of anything else is malformed', () => {
    for (const hex of ['121000010002', '111000020002', '111000010003', '110600010002']) {
      expect(judgeWrite(registers, framed(hex)).kind).toBe('malformed');
    }
  });

  test('may be a refusal', () => {
    expect(judgeWrite(registers, framed('119002'))).toEqual({
      kind: 'complete',
      value: { kind: 'exception', exceptionCode: 2 },
    });
  });
});

test('coils: the first is the lowest bit, 6.1', () => {
  const request = { unit: 17, address: 0x13, count: 19 };
  expect(encodeCoilRead(request)).toEqual(framed('110100130013'));
  const answer = judgeCoils(request, framed('110103cd6b05'));
  expect(answer).toMatchObject({ kind: 'complete' });
  if (answer.kind !== 'complete' || answer.value.kind !== 'registers') throw new Error('registers');
  expect(answer.value.registers.join('')).toBe('1011001111010110101');
});

test('any bytes are judged, and only the one answer is taken', () => {
  const write = judgeWrite.bind(undefined, registers);
  const coils = judgeCoils.bind(undefined, { unit: 17, address: 0, count: 2 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      for (const judge of [write, coils]) {
        for (let end = 0; end <= bytes.length; end++) {
          const { kind } = judge(bytes.subarray(0, end));
          if (kind === 'complete') expect(end).toBeGreaterThanOrEqual(5);
        }
      }
    }),
    { seed: 20_260, numRuns: 500 },
  );
});
