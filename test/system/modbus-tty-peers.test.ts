// SPDX-License-Identifier: Apache-2.0
// Modbus with programs that we did not write, the rest: pymodbus reads our simulated meters over a tty;
// our master reads servers of pymodbus over a tty, and of libmodbus over a tty and over TCP, and
// writes what it controls. The server of libmodbus is a small program that is built here.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { quality } from '../../base/quality.ts';
import { findMeter } from '../../drivers/index.ts';
import type { MeterDefinition } from '../../drivers/meter-definition.ts';
import { planReads } from '../../drivers/read-plan.ts';
import { readMeter } from '../../drivers/reader.ts';
import { startSimulatedMeter } from '../../drivers/simulator/simulate.ts';
import { openLine, type Transport } from '../../drivers/transport.ts';
import { python, runProgram, startProgram } from '../devices/program.ts';
import { makeTtyPair, type TtyPair } from '../devices/tty-pair.ts';
import {
  decoded,
  expectedMantissa,
  freePort,
  rawFor,
  wordsFor,
} from './harness/foreign-registers.ts';

const unit = 23;
const serial = { baudRate: 9600, parity: 'none', dataBits: 8, stopBits: 1 } as const;
// Both functions, both orders of words, and every type of register.
const meters = ['eastron-sdm630', 'carlo-gavazzi-em24-din', 'schneider-pm5100', 'siemens-pac2200'];
const cases = meters.map((id) => [id, findMeter(id) as MeterDefinition] as const);
// Programs of others may be slow to answer on a busy machine.
const patient = { timeoutMs: 10_000 };

let folder: string;
const libmodbusServer = () => join(folder, 'libmodbus_server');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieline-libmodbus-'));
  const source = 'test/system/c/libmodbus_server.c';
  const words = ['-O1', '-Wall', '-Werror', '-I/usr/include/modbus', source, '-lmodbus'];
  const built = await runProgram('gcc', [...words, '-o', libmodbusServer()]);
  if (built.exitCode !== 0) throw new Error(`${built.stderr}; run deploy/dev-setup`);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function ttyPair(): Promise<TtyPair> {
  const pair = await makeTtyPair();
  onTestFinished(() => pair.close());
  return pair;
}

/** Reads the meter at that place, and compares with what its registers hold. */
async function expectRead(transport: Transport, definition: MeterDefinition): Promise<void> {
  const line = openLine(transport, patient);
  onTestFinished(() => line.close());
  const reading = await readMeter({ line: line.registers, definition, unit });
  for (const [i, register] of definition.registers.entries()) {
    const mantissa = expectedMantissa(register, rawFor(register, i));
    expect(reading.values[i]).toMatchObject({ mantissa, quality: quality.good });
  }
}

async function serveByLibmodbus(
  way: readonly ['tcp', string] | readonly ['rtu', string],
  words: readonly (readonly [number, number])[],
): Promise<void> {
  const input = words.map((pair) => `${pair.join(' ')}\n`).join('');
  const server = await startProgram(libmodbusServer(), [...way, `${unit}`], input);
  onTestFinished(() => server.close());
}

const wordsOf = (definition: MeterDefinition) =>
  definition.registers.flatMap((register, i) => wordsFor(register, rawFor(register, i)));

describe.each(cases)('%s', (_, definition) => {
  test('of ours is read by pymodbus over a tty', async () => {
    const pair = await ttyPair();
    const nowMs = () => Date.UTC(2026, 5, 21, 12);
    const transport = { kind: 'modbus-rtu', path: pair.slave, ...serial } as const;
    const meter = await startSimulatedMeter({ definition, unit, transport, seed: 11, nowMs });
    onTestFinished(() => meter.close());
    const { functionCode } = definition;
    const spans = planReads(definition).map(({ address, count }) => [address, count] as const);
    const request = { tty: pair.master, framer: 'rtu', unit, functionCode, spans };
    const script = 'test/system/python/modbus_client.py';
    const run = await runProgram(python, [script, JSON.stringify(request)]);
    expect(run).toMatchObject({ exitCode: 0 });
    const answers: number[][] = JSON.parse(run.stdout);
    const words = new Map(
      spans.flatMap(([address], i) => (answers[i] ?? []).map((word, k) => [address + k, word])),
    );
    const line = openLine({ ...transport, path: pair.master }, patient);
    onTestFinished(() => line.close());
    const { values, faults } = await readMeter({ line: line.registers, definition, unit });
    expect(faults).toEqual([]);
    const ours = values.map(({ mantissa }, i) => [definition.registers[i]?.obis, mantissa]);
    expect([...decoded(definition, words)]).toEqual(ours);
  });

  test('of pymodbus is read over a tty, around its holes', async () => {
    const pair = await ttyPair();
    const values = definition.registers.map((register, i) => {
      const { address, rawType, wordOrder } = register;
      return [address, rawType, wordOrder, rawFor(register, i)];
    });
    const asked = JSON.stringify({ tty: pair.slave, framer: 'rtu', unit, values });
    const server = await startProgram(python, ['test/system/python/modbus_server.py', asked]);
    onTestFinished(() => server.close());
    await expectRead({ kind: 'modbus-rtu', path: pair.master, ...serial }, definition);
  });

  test('of libmodbus is read over a tty', async () => {
    const pair = await ttyPair();
    await serveByLibmodbus(['rtu', pair.slave], wordsOf(definition));
    await expectRead({ kind: 'modbus-rtu', path: pair.master, ...serial }, definition);
  });

  test('of libmodbus is read over TCP', async () => {
    const { port } = await freePort();
    await serveByLibmodbus(['tcp', `${port}`], wordsOf(definition));
    await expectRead({ kind: 'modbus-tcp', host: '127.0.0.1', port }, definition);
  });
});

describe.each(['tcp', 'rtu'] as const)('writes to libmodbus by %s', (kind) => {
  async function place(): Promise<Transport> {
    const words = Array.from({ length: 20 }, (_, i) => [100 + i, i] as const);
    if (kind === 'tcp') {
      const { port } = await freePort();
      await serveByLibmodbus(['tcp', `${port}`], words);
      return { kind: 'modbus-tcp', host: '127.0.0.1', port };
    }
    const pair = await ttyPair();
    await serveByLibmodbus(['rtu', pair.slave], words);
    return { kind: 'modbus-rtu', path: pair.master, ...serial };
  }

  test('functions 5, 6, 15 and 16 are taken, and read back', async () => {
    const { registers: line, close } = openLine(await place(), patient);
    onTestFinished(close);
    const done = { ok: true };
    expect(await line.write({ unit, functionCode: 6, address: 101, values: [7] })).toMatchObject(
      done,
    );
    const several = { unit, functionCode: 16, address: 110, values: [1, 0xffff, 3] } as const;
    expect(await line.write(several)).toMatchObject(done);
    expect(await line.write({ unit, functionCode: 5, address: 2, values: [1] })).toMatchObject(
      done,
    );
    const coils = { unit, functionCode: 15, address: 8, values: [1, 0, 1] } as const;
    expect(await line.write(coils)).toMatchObject(done);
    const read = async (address: number, count: number) =>
      line.request({ unit, functionCode: 3, address, count });
    expect(await read(100, 3)).toMatchObject({ registers: [0, 7, 2] });
    expect(await read(110, 4)).toMatchObject({ registers: [1, 0xffff, 3, 13] });
    const on = await line.readCoils({ unit, address: 0, count: 16 });
    expect(on).toMatchObject({ registers: [0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0] });
    expect(await line.write({ unit, functionCode: 6, address: 999, values: [7] })).toMatchObject({
      ok: false,
      fault: { kind: 'exception', exceptionCode: 2 },
    });
  });
});
