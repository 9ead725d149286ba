// SPDX-License-Identifier: Apache-2.0
// The RTU master against a slave that misbehaves, over TCP on the loopback: whatever comes, a value
// is the one that was asked for, or a fault.

import { describe, expect, type TestContext, test } from 'vitest';
import { type ByteLineOptions, openSerialServerLine } from '../../../../drivers/bus/byte-lines.ts';
import type { Answer, Line } from '../../../../drivers/line.ts';
import { RtuLine } from '../../../../drivers/modbus/rtu-line.ts';
import {
  type FaultySlave,
  faultySlaveOnTcp,
  honest,
  onlyAt,
  type Reaction,
} from '../../../devices/faulty-slave.ts';
import { lineFaults } from '../../../devices/line-faults.ts';

const timeoutMs = 60;
const settleMs = 120;
// A time-out over TCP allows for the slowest bus behind the server: 78 ms for these answers.
const faults = lineFaults(timeoutMs);
const open = (port: number, options: ByteLineOptions): Line =>
  new RtuLine(openSerialServerLine({ host: '127.0.0.1', port }, options));

type Cleanup = Pick<TestContext, 'onTestFinished'>;

async function connected(
  { onTestFinished }: Cleanup,
  react: Reaction,
): Promise<{ line: Line; slave: FaultySlave }> {
  const slave = await faultySlaveOnTcp(react);
  const line = open(slave.port, { timeoutMs, settleMs });
  onTestFinished(async () => {
    await line.close();
    await slave.close();
  });
  return { line, slave };
}

const ask = (line: Line, address: number, count = 2) =>
  line.request({ unit: 1, functionCode: 4, address, count });

function expectTrue(answer: Answer, address: number): void {
  if (answer.ok) expect(answer.registers).toEqual([address, address + 1]);
}

describe('a fault in the first answer', () => {
  test.concurrent.for(Object.keys(faults))(
    '%s: never a wrong value, and all is well after',
    async (name, context) => {
      const { line } = await connected(context, onlyAt([0], faults[name] as Reaction));
      const first = await ask(line, 100);
      expectTrue(first, 100);
      const later: Answer[] = [];
      for (let i = 1; i <= 5; i++) later.push(await ask(line, 100 + 100 * i));
      for (const [i, answer] of later.entries()) expectTrue(answer, 200 + 100 * i);
      expect(later.slice(1).every(({ ok }) => ok)).toBe(true);
    },
  );
});

// The true answer comes, too; on a busy machine one that is late may find us late as well.
const hopeful = [
  'late',
  'half, the rest late',
  'doubled a little later',
  'tripled, each a little later',
];

describe('a slave that is always at fault', () => {
  const hopeless = Object.keys(faults).filter((name) => !hopeful.includes(name));
  test.concurrent.for(hopeless)('%s: no value', async (name, context) => {
    const { line } = await connected(context, faults[name] as Reaction);
    for (let i = 1; i <= 3; i++) {
      expect(await ask(line, 100 * i)).toMatchObject({ ok: false });
    }
  });
});

describe('a slave whose answers are true and disturbed', () => {
  test.concurrent.for(hopeful)('%s: no wrong value', async (name, context) => {
    const { line } = await connected(context, faults[name] as Reaction);
    for (let i = 1; i <= 5; i++) expectTrue(await ask(line, 100 * i), 100 * i);
  });
});

test.concurrent('parallel requests queue up and each gets its own answer', async (context) => {
  const { line } = await connected(context, honest);
  const addresses = Array.from({ length: 12 }, (_, i) => 10 * i);
  const answers = await Promise.all(addresses.map((address) => ask(line, address)));
  for (const [i, answer] of answers.entries()) {
    expect(answer).toMatchObject({ ok: true, registers: [10 * i, 10 * i + 1] });
  }
});

test.concurrent('the first answer after a fault is marked, the second is not', async (context) => {
  const { line } = await connected(context, onlyAt([0], faults['one bit turned'] as Reaction));
  expect(await ask(line, 100)).toMatchObject({ ok: false, fault: { kind: 'crc' } });
  expect(await ask(line, 200, 3)).toMatchObject({ ok: true, afterFault: true });
  expect(await ask(line, 300)).toMatchObject({ ok: true, afterFault: false });
});

test.concurrent('bytes out of nowhere mark the next answer', async (context) => {
  const { line, slave } = await connected(context, honest);
  await ask(line, 100);
  slave.send(Uint8Array.of(1, 4, 4, 0xde, 0xad));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await ask(line, 200)).toMatchObject({ registers: [200, 201], afterFault: true });
});

test.concurrent('an exception is an answer, not a fault of the line', async (context) => {
  const refusal = Uint8Array.of(1, 0x84, 2, 0xc2, 0xc1);
  const { line } = await connected(
    context,
    onlyAt([0], (_, send) => send(refusal)),
  );
  expect(await ask(line, 100)).toMatchObject({
    ok: false,
    fault: { kind: 'exception', exceptionCode: 2 },
  });
  expect(await ask(line, 200)).toMatchObject({ ok: true, afterFault: false });
});

test.concurrent('control goes before scans that wait', async (context) => {
  const { line } = await connected(context, honest);
  const done: string[] = [];
  const noted = (name: string, priority: 'control' | 'scan' | 'scheduled', address: number) =>
    line
      .request({ unit: 1, functionCode: 4, address, count: 2 }, { priority })
      .then(() => done.push(name));
  await Promise.all([
    noted('first', 'scan', 1),
    noted('scan', 'scan', 2),
    noted('schedule', 'scheduled', 3),
    noted('control', 'control', 4),
  ]);
  expect(done).toEqual(['first', 'control', 'schedule', 'scan']);
});

test.concurrent('a device rests between an answer and the next request', async (context) => {
  const arrivals: number[] = [];
  const slave = await faultySlaveOnTcp((sound, send) => {
    arrivals.push(performance.now());
    send(sound);
  });
  const line = open(slave.port, { deviceGapMs: 150 });
  context.onTestFinished(async () => {
    await line.close();
    await slave.close();
  });
  await ask(line, 1, 2);
  await ask(line, 2, 3);
  // A lower bound, so no slow machine can break it; a millisecond for the timer's rounding.
  expect((arrivals[1] ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThanOrEqual(149);
});

test.concurrent('a time-out says what to check', async (context) => {
  const { line } = await connected(context, faults.silent as Reaction);
  const answer = await ask(line, 1);
  expect(answer).toMatchObject({
    fault: {
      kind: 'time-out',
      hint: expect.stringMatching(/baud.*parity.*unit 1 is the meter.s.*A and B/),
    },
  });
});

test.concurrent('a line that is closed answers at once, also those that wait', async (context) => {
  const { line } = await connected(context, faults.silent as Reaction);
  const pending = [ask(line, 1), ask(line, 2)];
  await new Promise((resolve) => setTimeout(resolve, 30));
  await line.close();
  for (const answer of await Promise.all([...pending, ask(line, 3)])) {
    expect(answer).toMatchObject({ ok: false, fault: { kind: 'closed' } });
  }
});

test.concurrent('a server that is not there is a closed line, with a hint', async (context) => {
  const { line, slave } = await connected(context, honest);
  await slave.close();
  expect(await ask(line, 1)).toMatchObject({
    fault: { kind: 'closed', detail: expect.stringContaining('ECONNREFUSED') },
  });
});

test.for([0, 248])('unit %i is refused before anything is sent', async (unit, context) => {
  const { line, slave } = await connected(context, honest);
  const answer = await line.request({ unit, functionCode: 4, address: 0, count: 1 });
  expect(answer.ok).toBe(false);
  expect(slave.requestCount()).toBe(0);
});
