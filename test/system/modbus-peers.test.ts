// SPDX-License-Identifier: Apache-2.0
// Modbus with programs that we did not write: mbpoll (libmodbus) and pymodbus read our simulated
// meters, over TCP and over a tty, and our reader reads pymodbus's server. Registers are compared
// bit by bit.

import { describe, expect, test } from 'vitest';
import { quality } from '../../base/quality.ts';
import { findMeter, meterDefinitions } from '../../drivers/index.ts';
import type { MeterDefinition } from '../../drivers/meter-definition.ts';
import { planReads, type Span } from '../../drivers/read-plan.ts';
import { readMeter } from '../../drivers/reader.ts';
import { type SimulatedMeter, startSimulatedMeter } from '../../drivers/simulator/simulate.ts';
import { type Endpoint, openLine, type Transport } from '../../drivers/transport.ts';
import { python, runProgram, startProgram } from '../devices/program.ts';
import { makeTtyPair } from '../devices/tty-pair.ts';
import { decoded, expectedMantissa, freePort, rawFor } from './harness/foreign-registers.ts';

const unit = 23;
// A clock that stands still: all see the same instant.
const nowMs = () => Date.UTC(2026, 5, 21, 12);
const loopback = { host: '127.0.0.1', port: 0 };
const serial = { baudRate: 9600, parity: 'none', dataBits: 8, stopBits: 1 } as const;
const catalogue = meterDefinitions.map((definition) => [definition.id, definition] as const);
const sdm630 = findMeter('eastron-sdm630') as MeterDefinition;

const simulate = (definition: MeterDefinition, transport: Transport) =>
  startSimulatedMeter({ definition, unit, transport, seed: 11, nowMs });

const portOf = ({ transport }: SimulatedMeter) => (transport as Endpoint).port;

async function mantissas(transport: Transport, definition: MeterDefinition) {
  const line = openLine(transport);
  const { values, faults } = await readMeter({ line: line.registers, definition, unit });
  await line.close();
  expect(faults).toEqual([]);
  return new Map(values.map(({ mantissa }, i) => [definition.registers[i]?.obis, mantissa]));
}

async function mbpoll(options: readonly string[], { address, count }: Span): Promise<string> {
  const place = ['-a', String(unit), '-r', String(address), '-c', String(count), '-0', '-1', '-q'];
  const run = await runProgram('mbpoll', [...place, ...options]);
  expect(run).toMatchObject({ exitCode: 0 });
  return run.stdout;
}

/** Lines as `[52]: 	0x44A3`. */
async function mbpollWords(definition: MeterDefinition, options: readonly string[]) {
  const words = new Map<number, number>();
  const table = ['-t', definition.functionCode === 3 ? '4:hex' : '3:hex'];
  for (const read of planReads(definition)) {
    const printed = await mbpoll([...table, ...options], read);
    for (const [, address, hex] of printed.matchAll(/^\[(\d+)\]:\s+0x([0-9A-F]+)/gm)) {
      words.set(Number(address), Number.parseInt(hex as string, 16));
    }
  }
  return words;
}

describe('mbpoll reads what `read` reads', () => {
  test.each(catalogue)('%s over Modbus TCP', async (_, definition) => {
    const meter = await simulate(definition, { kind: 'modbus-tcp', ...loopback });
    const words = await mbpollWords(definition, ['-p', `${portOf(meter)}`, '127.0.0.1']);
    expect(decoded(definition, words)).toEqual(await mantissas(meter.transport, definition));
    await meter.close();
  });

  test.each(catalogue)('%s over a tty', async (_, definition) => {
    const pair = await makeTtyPair();
    const meter = await simulate(definition, { kind: 'modbus-rtu', path: pair.slave, ...serial });
    const options = ['-m', 'rtu', '-b', '9600', '-P', 'none', pair.master];
    const words = await mbpollWords(definition, options);
    const ours = await mantissas({ kind: 'modbus-rtu', path: pair.master, ...serial }, definition);
    expect(decoded(definition, words)).toEqual(ours);
    await meter.close();
    await pair.close();
  });

  test('as floats, too', async () => {
    const meter = await simulate(sdm630, { kind: 'modbus-tcp', ...loopback });
    const options = ['-t', '3:float', '-B', '-p', `${portOf(meter)}`, '127.0.0.1'];
    const printed = await mbpoll(options, { address: 0, count: 3 });
    const volts = [...printed.matchAll(/^\[\d+\]:\s+([\d.]+)/gm)].map(([, text]) => Number(text));
    const ours = await mantissas(meter.transport, sdm630);
    const codes = ['1-0:32.7.0*255', '1-0:52.7.0*255', '1-0:72.7.0*255'];
    expect(volts.length).toBe(3);
    for (const [i, obis] of codes.entries()) {
      expect(volts[i]).toBeCloseTo(Number(ours.get(obis)) / 100, 1);
    }
    await meter.close();
  });
});

describe.each([
  ['modbus-tcp', 'socket'],
  ['rtu-tcp', 'rtu'],
] as const)('pymodbus over %s', (kind, framer) => {
  test.each(catalogue)('reads %s as `read` does', async (_, definition) => {
    const meter = await simulate(definition, { kind, ...loopback });
    const spans = planReads(definition).map(({ address, count }) => [address, count] as const);
    const { functionCode } = definition;
    const request = { port: portOf(meter), framer, unit, functionCode, spans };
    const run = await runProgram(python, [
      'test/system/python/modbus_client.py',
      JSON.stringify(request),
    ]);
    expect(run).toMatchObject({ exitCode: 0 });
    const answers: number[][] = JSON.parse(run.stdout);
    const words = new Map(
      spans.flatMap(([address], i) => (answers[i] ?? []).map((word, k) => [address + k, word])),
    );
    expect(decoded(definition, words)).toEqual(await mantissas(meter.transport, definition));
    await meter.close();
  });

  test('is refused with the exceptions of the specification', async () => {
    const meter = await simulate(sdm630, { kind, ...loopback });
    const ask = async (functionCode: number, span: readonly [number, number]) => {
      const request = { port: portOf(meter), framer, unit, functionCode, spans: [span] };
      const script = 'test/system/python/modbus_client.py';
      return (await runProgram(python, [script, JSON.stringify(request)])).stdout.trim();
    };
    expect(await ask(3, [0, 2])).toBe('[1]');
    expect(await ask(4, [1000, 2])).toBe('[2]');
    expect(await ask(4, [0, 81])).toBe('[3]');
    await meter.close();
  });

  test.each(catalogue)(
    "'s server as %s is read exactly, around its holes",
    async (_, definition) => {
      const values = definition.registers.map((register, i) => ({
        register,
        raw: rawFor(register, i),
      }));
      const { port } = await freePort();
      const server = await startProgram(python, [
        'test/system/python/modbus_server.py',
        JSON.stringify({
          port,
          framer,
          unit,
          values: values.map(({ register, raw }) => {
            const { address, rawType, wordOrder } = register;
            return [address, rawType, wordOrder, raw];
          }),
        }),
      ]);
      const line = openLine({ kind, host: '127.0.0.1', port });
      const reading = await readMeter({ line: line.registers, definition, unit });
      for (const [i, { register, raw }] of values.entries()) {
        const mantissa = expectedMantissa(register, raw);
        expect(reading.values[i]).toMatchObject({ mantissa, quality: quality.good });
      }
      await line.close();
      await server.close();
    },
  );
});
