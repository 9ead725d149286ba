// SPDX-License-Identifier: Apache-2.0
// Modbus RTU on real ttys: whatever a slave does, a value is the one that was asked for, or there
// is none.

import { describe, expect, test } from 'vitest';
import { quality } from '../../base/quality.ts';
import { type ByteLineOptions, openSerialLine } from '../../drivers/bus/byte-lines.ts';
import { findMeter } from '../../drivers/index.ts';
import type { Answer, Line } from '../../drivers/line.ts';
import type { MeterDefinition } from '../../drivers/meter-definition.ts';
import { RtuLine } from '../../drivers/modbus/rtu-line.ts';
import { readMeter } from '../../drivers/reader.ts';
import { startSimulatedMeter } from '../../drivers/simulator/simulate.ts';
import {
  type FaultySlave,
  faultySlaveOnTty,
  honest,
  onlyAt,
  type Reaction,
} from '../devices/faulty-slave.ts';
import { lineFaults } from '../devices/line-faults.ts';
import { makeTtyPair } from '../devices/tty-pair.ts';

const timeoutMs = 100;
const faults = lineFaults(timeoutMs);
const names = Object.keys(faults);
const serial = { baudRate: 9600, parity: 'none', dataBits: 8, stopBits: 1 } as const;
const sdm630 = findMeter('eastron-sdm630') as MeterDefinition;

const open = (path: string, options: ByteLineOptions = {}): Line =>
  new RtuLine(openSerialLine({ path, ...serial }, options));

type Bus = { readonly line: Line; readonly slave: FaultySlave; readonly tty: string };

/** Master and slave on a pair of their own, for the length of `use`. */
async function onBus(react: Reaction, use: (bus: Bus) => Promise<void>): Promise<void> {
  const pair = await makeTtyPair();
  const slave = await faultySlaveOnTty(pair.slave, react);
  // Answers are at most 100 ms late beyond the time-out and the time on the wire.
  const options = { timeoutMs, settleMs: 2 * timeoutMs };
  const line = open(pair.master, options);
  try {
    await use({ line, slave, tty: pair.master });
  } finally {
    await line.close();
    await slave.close();
    await pair.close();
  }
}

const ask = (line: Line, address: number, count = 2) =>
  line.request({ unit: 1, functionCode: 4, address, count });

function isTrue(answer: Answer, address: number): boolean {
  return !answer.ok || answer.registers.join() === `${address},${address + 1}`;
}

/** Back to back, another register each time: how many were answered, how many of these falsely. */
async function poll(line: Line, times: number) {
  let [answered, wrong] = [0, 0];
  for (let i = 0; i < times; i++) {
    const address = 100 * (1 + (i % 50));
    const answer = await ask(line, address);
    if (answer.ok) answered++;
    if (!isTrue(answer, address)) wrong++;
  }
  return { answered, wrong };
}

/** What a busy machine makes late is tried again, a few times; what is wrong fails where it is seen. */
async function inTime(countMin: number, attempt: () => Promise<number>): Promise<number> {
  let best = 0;
  for (let attempts = 0; attempts < 4 && best < countMin; attempts++) {
    best = Math.max(best, await attempt());
  }
  return best;
}

describe('one fault, then 100 reads back to back', () => {
  test.concurrent.each(names)('%s', async (name) => {
    const answered = await inTime(99, async () => {
      let count = 0;
      await onBus(onlyAt([0], faults[name] as Reaction), async ({ line }) => {
        const polled = await poll(line, 101);
        expect(polled.wrong).toBe(0);
        count = polled.answered;
      });
      return count;
    });
    expect(answered).toBeGreaterThanOrEqual(99);
  });
});

describe('a fault at every third answer', () => {
  test.concurrent.each(names)('%s', async (name) => {
    const thirds = Array.from({ length: 10 }, (_, i) => 3 * i);
    await onBus(onlyAt(thirds, faults[name] as Reaction), async ({ line }) => {
      expect((await poll(line, 30)).wrong).toBe(0);
    });
  });
});

test.concurrent('three parallel reads, then 100 one after another', async () => {
  const answered = await inTime(103, async () => {
    let count = 0;
    await onBus(honest, async ({ line }) => {
      const answers = await Promise.all([10, 20, 30].map((address) => ask(line, address)));
      for (const [i, answer] of answers.entries()) {
        if (answer.ok) expect(answer.registers[0]).toBe(10 * (i + 1));
      }
      const polled = await poll(line, 100);
      expect(polled.wrong).toBe(0);
      count = polled.answered + answers.filter(({ ok }) => ok).length;
    });
    return count;
  });
  expect(answered).toBe(103);
});

test.concurrent('a second copy in the middle of the next read of a meter is no value', async () => {
  const copies: Reaction = (sound, send) => {
    send(sound);
    send(sound, 25);
  };
  await onBus(copies, async ({ line }) => {
    for (let i = 0; i < 20; i++) {
      // Two reads that differ in length, as the plan of every meter has them.
      for (const [address, count] of [
        [100, 4],
        [200, 2],
      ] as const) {
        const answer = await ask(line, address, count);
        if (answer.ok) expect(answer.registers).toHaveLength(count);
        if (answer.ok) expect(answer.registers[0]).toBe(address);
      }
    }
  });
});

test.concurrent('bytes out of nowhere are no value, and mark the next', async () => {
  await onBus(honest, async ({ line, slave }) => {
    expect(await ask(line, 100)).toMatchObject({ registers: [100, 101], afterFault: false });
    slave.send(Uint8Array.of(1, 4, 4, 0xde, 0xad, 0xbe, 0xef, 0x12, 0x34));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await ask(line, 200)).toMatchObject({ registers: [200, 201], afterFault: true });
    expect(await ask(line, 300)).toMatchObject({ registers: [300, 301], afterFault: false });
  });
});

test.concurrent('a line that never falls silent is a fault that says so', async () => {
  await onBus(honest, async ({ line, slave }) => {
    await ask(line, 100);
    const babble = setInterval(() => slave.send(Uint8Array.of(0x55)), 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const answer = await ask(line, 200);
    clearInterval(babble);
    expect(answer).toMatchObject({ ok: false, fault: { kind: 'malformed' } });
    expect(await ask(line, 300)).toMatchObject({ registers: [300, 301], afterFault: true });
  });
});

test.concurrent('a device that is pulled out and plugged in again is read again', async () => {
  const own = await makeTtyPair();
  const transport = { kind: 'modbus-rtu', path: own.slave, ...serial } as const;
  const simulate = () =>
    startSimulatedMeter({ definition: sdm630, unit: 1, transport, seed: 1, nowMs: Date.now });
  const line = open(own.master, { timeoutMs: 500 });
  const read = () => readMeter({ line, definition: sdm630, unit: 1 });
  const qualities = async () => new Set((await read()).values.map((value) => value.quality));

  let meter = await simulate();
  expect(await qualities()).toEqual(new Set([quality.good]));
  await own.unplug();
  const gone = await read();
  expect(gone.faults[0]).toMatchObject({ kind: 'closed' });
  expect(gone.values.every(({ mantissa }) => mantissa === null)).toBe(true);
  await meter.close();
  await own.plug();
  meter = await simulate();
  await expect.poll(async () => (await read()).faults, { timeout: 20_000 }).toEqual([]);
  expect(await qualities()).toEqual(new Set([quality.good]));

  await line.close();
  await meter.close();
  await own.close();
});

test.concurrent('a tty that is open already is called so', async () => {
  await onBus(honest, async ({ line, tty }) => {
    await ask(line, 100);
    const second = open(tty);
    expect(await ask(second, 100)).toMatchObject({
      fault: { kind: 'closed', hint: expect.stringContaining('two lines lead to one port') },
    });
    await second.close();
  });
});

test.concurrent('silence names speed, parity, unit, and the wires', async () => {
  await onBus(faults.silent as Reaction, async ({ line }) => {
    expect(await ask(line, 100)).toMatchObject({
      fault: {
        kind: 'time-out',
        hint: expect.stringMatching(/9600 baud and parity none.*unit 1 is the meter.s.*A and B/),
      },
    });
  });
});
