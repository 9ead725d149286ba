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

const wrongMapHint =
  'the map does not fit this device: `tieline scan` tells which does, `tieline meters` lists all';
const behindHint =
  'it is the gateway that says so: check there the unit id, and speed and parity of its serial side';

/** What can be done about it. */
const hints: ReadonlyMap<number, string> = new Map([
  [illegalFunction, wrongMapHint],
  [illegalDataAddress, wrongMapHint],
  [illegalDataValue, wrongMapHint],
  [4, 'the device reports a failure of its own: switch its supply off and on'],
  [6, 'something else keeps it busy: another master, or a longer `periodMs` for it'],
  [10, behindHint],
  [11, behindHint],
]);

export function exceptionAnswer(exceptionCode: number): Answer {
  const meaning = meanings.get(exceptionCode) ?? 'for a reason of its own';
  const detail = `the device refused with exception ${exceptionCode}: ${meaning}`;
  const hint = hints.get(exceptionCode);
  return faulty({
    kind: 'exception',
    exceptionCode,
    detail,
    ...(hint === undefined ? {} : { hint }),
  });
}
