// SPDX-License-Identifier: Apache-2.0
// A late answer of an earlier request, of the same unit, function and length, is never the value of
// another register: on a line that is all in memory, however late it comes.

import { expect, test } from 'vitest';
import { soundAnswer } from '../../../devices/faulty-slave.ts';
import { memoryLine } from './memory-line.ts';

/** From request `lateFrom` to `lateTo`, answers each with the answer to the one before, in `cut` bytes
 * and the rest. */
function lineOfAnswersOneLate(lateFrom: number, lateTo: number, cut: number) {
  const waiting: Uint8Array[] = [];
  let count = 0;
  const answer = (hear: (bytes: Uint8Array) => void) => {
    const index = count++;
    if (index === lateFrom) return;
    if (index === lateTo) waiting.splice(0, waiting.length - 1);
    const bytes = waiting.shift() as Uint8Array;
    hear(bytes.subarray(0, cut));
    if (cut < bytes.length) setImmediate(() => hear(bytes.subarray(cut)));
  };
  return memoryLine((request, hear) => {
    waiting.push(soundAnswer(request));
    setImmediate(() => answer(hear));
  });
}

const request = (address: number, count = 2) =>
  ({ unit: 1, functionCode: 4, address, count }) as const;

test.concurrent.each([
  [0, 1],
  [0, 5],
  [0, 7],
  [3, 1],
  [3, 6],
  [3, 7],
])('one answer behind from request %i on, cut at %i: no wrong value', async (lateFrom, cut) => {
  const line = lineOfAnswersOneLate(lateFrom, lateFrom + 6, cut);
  let answered = 0;
  for (let i = 1; i <= 12; i++) {
    const answer = await line.request(request(10 * i));
    if (answer.ok) expect(answer.registers).toEqual([10 * i, 10 * i + 1]);
    if (answer.ok) answered++;
  }
  expect(answered).toBeGreaterThanOrEqual(3);
  await line.close();
});
