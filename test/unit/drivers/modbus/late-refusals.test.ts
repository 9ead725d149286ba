// SPDX-License-Identifier: Apache-2.0
// A refusal shows less than an answer: the function alone. One that comes late proves nothing, and is
// nobody's exception.

import { expect, test } from 'vitest';
import { laggingLine } from './lagging-line.ts';

/** Two input registers anywhere, each holding its number, and nothing else. */
function answerTwo(pdu: Uint8Array): Uint8Array {
  const [functionCode = 0, high = 0, low = 0, , count = 0] = pdu;
  if (functionCode !== 4 || count !== 2) return Uint8Array.of(functionCode | 0x80, 2);
  const address = (high << 8) | low;
  return Uint8Array.of(4, 4, ...[address, address + 1].flatMap((word) => [word >> 8, word & 0xff]));
}

test.concurrent.each(
  [1, 2, 3, 4, 5, 6, 7, 8].flatMap((behind) => [1, 5].map((cut) => [behind, cut] as const)),
)('%i answers behind, cut at %i: no wrong value', async (behind, cut) => {
  const { line, lag } = laggingLine(answerTwo, { cut });
  let good = 0;
  for (let i = 0; i < 30; i++) {
    lag.behind = i >= 2 && i < 14 ? behind : 0;
    const address = 100 * i;
    const answer = await line.request({ unit: 1, functionCode: 4, address, count: 2 });
    if (!answer.ok) expect(answer.fault.kind).not.toBe('exception');
    if (!answer.ok || answer.afterFault) continue;
    expect(answer.registers).toEqual([address, address + 1]);
    good++;
  }
  expect(good).toBeGreaterThan(4);
  await line.close();
});

test('after damage a refusal counts once nothing older can come', async () => {
  let damaged = true;
  const { line } = laggingLine(
    (pdu) => {
      if (!damaged) return Uint8Array.of((pdu[0] ?? 0) | 0x80, 2);
      damaged = false;
      return Uint8Array.of(4, 4, 0);
    },
    { cut: 99 },
  );
  const ask = (count: number) => line.request({ unit: 1, functionCode: 4, address: 0, count });
  expect(await ask(2)).toMatchObject({ ok: false, fault: { kind: 'time-out' } });
  expect(await ask(6)).toMatchObject({ ok: false, fault: { kind: 'exception', exceptionCode: 2 } });
  await line.close();
});
