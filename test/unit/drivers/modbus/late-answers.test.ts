// SPDX-License-Identifier: Apache-2.0
// Answers that come later than anybody waits for them, of the same unit, function and length as what
// is asked next, at every moment and cut at every byte: never another register's value.

import { describe, expect, type TestContext, test } from 'vitest';
import type { ByteChannelListener } from '../../../../drivers/bus/byte-channel.ts';
import { ByteLine } from '../../../../drivers/bus/byte-line.ts';
import type { Answer } from '../../../../drivers/line.ts';
import { RtuLine } from '../../../../drivers/modbus/rtu-line.ts';
import { soundAnswer } from '../../../devices/faulty-slave.ts';

const timeoutMs = 20;
const settleMs = 20;

/** Sees each request, and speaks when it likes; register n holds n. */
type Slave = (request: Uint8Array, index: number, say: (bytes: Uint8Array) => void) => void;

function connected({ onTestFinished }: Pick<TestContext, 'onTestFinished'>, slave: Slave) {
  let requestCount = 0;
  let listener: ByteChannelListener | undefined;
  const say = (bytes: Uint8Array) => {
    if (bytes.length > 0) listener?.bytes(bytes);
  };
  const bytes = new ByteLine(
    async (opened) => {
      listener = opened;
      return {
        write: async (request) => slave(request, requestCount++, say),
        discardInput: async () => undefined,
        setBaudRate: undefined,
        close: async () => undefined,
      };
    },
    {
      name: 'test',
      serial: { baudRate: 115_200, parity: 'none', dataBits: 8, stopBits: 1 },
      timeoutMs,
      gapMs: 1,
      settleMs,
      deviceGapMs: 0,
      overTcp: false,
      timeOutHint: () => '',
    },
  );
  const line = new RtuLine(bytes);
  onTestFinished(() => line.close());
  return { line, requests: () => requestCount };
}

const ask = (line: RtuLine, address: number, count = 2) =>
  line.request({ unit: 1, functionCode: 4, address, count });

function expectTrue(answer: Answer, address: number): void {
  if (answer.ok) expect(answer.registers).toEqual([address, address + 1]);
}

/** Sooner or later all is well: a busy machine makes more than what is ordered late. */
async function expectGood(line: RtuLine): Promise<void> {
  let answer = await ask(line, 7_000);
  for (let i = 0; i < 100 && !(answer.ok && !answer.afterFault); i++) {
    answer = await ask(line, 7_000);
  }
  expect(answer).toEqual({ ok: true, registers: [7_000, 7_001], afterFault: false });
}

/** When the rest of the late answer comes, after the next request was written. */
const moments = {
  'while that is written': (then: () => void) => then(),
  'as soon as it is out': (then: () => void) => void setImmediate(then),
  'a little later': (then: () => void) => void setTimeout(then, 3),
};

const lateLength = 9;
const cuts = Array.from({ length: lateLength + 1 }, (_, i) => i);

describe.for(Object.entries(moments))('a late answer, %s', ([, at]) => {
  test.concurrent.for(cuts)('with %i bytes of it before', async (cut, context) => {
    let late = new Uint8Array();
    const { line } = connected(context, (request, index, say) => {
      const sound = soundAnswer(request);
      if (index === 0) {
        late = Uint8Array.from(sound);
        return;
      }
      if (index > 1) return void setImmediate(() => say(sound));
      // The device answers in order: what is late, then what it is asked now.
      at(() => {
        say(late.subarray(cut));
        setTimeout(() => say(sound), 1);
      });
      return undefined;
    });
    expect(await ask(line, 100)).toMatchObject({ ok: false });
    const next = ask(line, 200);
    expectTrue(await next, 200);
    const later = [300, 400, 500, 600];
    const answers: Answer[] = [];
    for (const address of later) answers.push(await ask(line, address));
    for (const [i, answer] of answers.entries()) expectTrue(answer, later[i] ?? 0);
    await expectGood(line);
  });
});

const delays = [5, 15, 25, 35, 45, 55, 65, 75, 85, 95, 110, 130, 150];

describe('a device whose answers are all late', () => {
  test.concurrent.for(delays)('by %i ms, then well again', async (delayMs, context) => {
    let lateMs = delayMs;
    const { line } = connected(context, (request, _, say) => {
      setTimeout(() => say(soundAnswer(request)), lateMs);
    });
    for (let i = 1; i <= 24; i++) {
      if (i === 12) lateMs = 1;
      const answer = await ask(line, 100 * i);
      // Who is silent to all for six times as long as is waited for it passes for one that knows
      // only this length: in doubt, and called so.
      if (delayMs < 6 * timeoutMs || (answer.ok && !answer.afterFault)) expectTrue(answer, 100 * i);
    }
    await expectGood(line);
  });
});

test('a second copy, later than the silence between two requests', async (context) => {
  let copy = new Uint8Array();
  const { line } = connected(context, (request, index, say) => {
    const sound = soundAnswer(request);
    if (index === 1) say(Uint8Array.of(0));
    if (index === 0) {
      copy = Uint8Array.from(sound);
      setImmediate(() => say(sound));
      setTimeout(() => say(Uint8Array.of(0x55)), 10);
      return;
    }
    setImmediate(() => {
      if (index === 1) say(copy);
      say(sound);
    });
  });
  await ask(line, 100);
  for (let i = 2; i <= 9; i++) expectTrue(await ask(line, 100 * i), 100 * i);
});

test('what ignores any other length is read, and marked', async (context) => {
  const { line } = connected(context, (request, index, say) => {
    if (index > 0 && request[5] === 2) setImmediate(() => say(soundAnswer(request)));
  });
  const answers: Answer[] = [];
  for (let i = 1; i <= 6; i++) answers.push(await ask(line, 100 * i));
  expect(answers.slice(0, 3).every(({ ok }) => !ok)).toBe(true);
  expect(answers[3]).toMatchObject({ ok: true, registers: [400, 401], afterFault: true });
  expect(answers[4]).toMatchObject({ ok: true, registers: [500, 501], afterFault: true });
  expect(answers[5]).toMatchObject({ ok: true, registers: [600, 601], afterFault: false });
});

test('a read of another length needs no sounding, and ends the doubt', async (context) => {
  const { line, requests } = connected(context, (request, index, say) => {
    if (index > 0) setImmediate(() => say(soundAnswer(request)));
  });
  expect((await ask(line, 100)).ok).toBe(false);
  expect(await ask(line, 200, 4)).toMatchObject({ ok: true, afterFault: true });
  expect(await ask(line, 300)).toMatchObject({ ok: true, afterFault: false });
  expect(requests()).toBe(3);
});

test('what gives any length of one function alone is read after its first time-out', async (context) => {
  const { line } = connected(context, (request, index, say) => {
    if (index > 0 && request[1] === 4) setImmediate(() => say(soundAnswer(request)));
  });
  expect((await ask(line, 100)).ok).toBe(false);
  expect(await ask(line, 200)).toMatchObject({ ok: true, registers: [200, 201] });
});
