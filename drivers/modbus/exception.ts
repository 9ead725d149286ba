// SPDX-License-Identifier: Apache-2.0
// What a device means by refusing (Modbus Application Protocol V1.1b3, section 7).

import { type Answer, faulty } from '../line.ts';

export const illegalFunction = 1;
export const illegalDataAddress = 2;
export const illegalDataValue = 3;

const meanings: ReadonlyMap<number, string> = new Map([
  [illegalFunction, 'it does not know this function'],
  [illegalDataAddress, 'it has no such register'],
  [illegalDataValue, 'it does not give that many registers at once'],
  [4, 'it failed'],
  [5, 'it has begun and needs longer'],
  [6, 'it is busy'],
  [8, 'its memory is damaged'],
  [10, 'the gateway has no path to it'],
  [11, 'it did not answer the gateway'],
]);

export function exceptionAnswer(exceptionCode: number): Answer {
  const meaning = meanings.get(exceptionCode) ?? 'for a reason of its own';
  const detail = `the device refused with exception ${exceptionCode}: ${meaning}`;
  return faulty({ kind: 'exception', exceptionCode, detail });
}
