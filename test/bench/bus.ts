// SPDX-License-Identifier: Apache-2.0
// The speed of the buses: how much of a tty's capacity our master uses, what planning saves, what dead
// devices cost, beside modbus-serial and pymodbus as their users write them; and what many TCP
// devices take of processor and memory. Every contender is a process of its own. Needs socat, and
// what deploy/dev-setup installs.

import { execFile, spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { characterMs, rtuGapMs } from '../../drivers/bus/wire-time.ts';
import { findMeter, meterDefinitions } from '../../drivers/index.ts';
import type { MeterDefinition } from '../../drivers/meter-definition.ts';
import { answerLength, requestLength } from '../../drivers/modbus/rtu-frame.ts';
import { planReads } from '../../drivers/read-plan.ts';
import { python } from '../devices/program.ts';
import { makeTtyPair } from '../devices/tty-pair.ts';
import { compile, compiled, root } from './compiled.ts';
import { type Figure, median } from './figures.ts';
import type { Effort } from './measure.ts';

type Polled = { readonly readingsPerSecond: number; readonly cpu: number };

type Times = { readonly warmUpMs: number; readonly runMs: number };

type Bus = Times & {
  readonly baudRate: number;
  /** Who is asked, and who of them answers. */
  readonly units: readonly number[];
  readonly answering: readonly number[];
};

const meter = findMeter('eastron-sdm630') as MeterDefinition;
const latencyMs = 20;
// What a gateway on a small board is started with: V8 else lets its heap grow before it looks.
const frugal = ['--max-semi-space-size=2'];

const contenders = {
  tieline: [process.execPath, 'test/bench/bus/tty-tieline.ts'],
  'modbus-serial': [process.execPath, 'test/bench/bus/tty-modbus-serial.ts'],
  pymodbus: [python, 'test/bench/bus/tty-pymodbus.py'],
  // No master, but what the simulated line gives.
  bare: [process.execPath, 'test/bench/bus/tty-bare.ts'],
} as const;

type Contender = keyof typeof contenders;

const others = ['modbus-serial', 'pymodbus'] as const satisfies readonly Contender[];

export async function bus({ runs }: Effort): Promise<readonly Figure[]> {
  const thorough = runs > 3;
  const times = { warmUpMs: 2_000, runMs: 5_000 };
  const dead = { warmUpMs: 15_000, runMs: thorough ? 60_000 : 15_000 };
  const figures: Figure[] = [...planning()];
  for (const baudRate of [9_600, 19_200, 115_200])
    figures.push(...(await speed(baudRate, { ...times, runs: thorough ? 5 : 3 })));
  tell(`dead devices, ${seconds(6 * (dead.warmUpMs + dead.runMs))}`);
  figures.push(await costOfDead(dead));
  const many = { warmUpMs: 5_000, runMs: thorough ? 30_000 : 5_000 };
  tell(`200 TCP devices, ${seconds(2 * (many.warmUpMs + many.runMs) + 10_000)}`);
  figures.push(...(await manyDevices(many)));
  return figures;
}

/** What is measured now, and for how long, to whoever waits for it. */
function tell(what: string): void {
  process.stderr.write(`bus: ${what}; load ${(loadavg()[0] ?? 0).toFixed(1)}\n`);
}

function seconds(ms: number): string {
  return `about ${Math.round(ms / 1_000)} s`;
}

function planning(): readonly Figure[] {
  return meterDefinitions.map((definition) => ({
    name: `registers a request, ${definition.id}`,
    unit: '×',
    value: definition.registers.length / planReads(definition).length,
    ...(definition === meter ? { aim: '≥ 5' } : {}),
  }));
}

async function speed(
  baudRate: number,
  { runs, ...times }: Times & { readonly runs: number },
): Promise<readonly Figure[]> {
  const only = { ...times, baudRate, units: [1], answering: [1] };
  const takesMs = (2 * runs + others.length) * (times.warmUpMs + times.runMs + 1_000);
  tell(`${baudRate} baud, ${seconds(takesMs)}`);
  const ours: Polled[] = [];
  const bare: number[] = [];
  // In turns: whatever else the machine does meets both.
  for (let i = 0; i < runs; i++) {
    ours.push(await poll('tieline', only));
    bare.push((await poll('bare', only)).readingsPerSecond);
  }
  const beside: Record<string, number> = {};
  for (const other of others) beside[other] = (await poll(other, only)).readingsPerSecond;
  const rates = ours.map(({ readingsPerSecond }) => readingsPerSecond);
  const bestMs = readingMsAtBest(baudRate);
  const name = `SDM630 at ${baudRate} baud`;
  return [
    {
      name: `${name}: of the line's capacity`,
      unit: '%',
      ...median(rates.map((rate) => rate * (bestMs / 10))),
      aim: '≥ 95',
      beside: { 'the simulated line itself': median(bare).value * (bestMs / 10) },
    },
    { name: `${name}: readings a second`, unit: '1/s', ...median(rates), beside },
    { name: `${name}: processor`, unit: '%', ...median(ours.map(({ cpu }) => 100 * cpu)) },
  ];
}

/** What no master can do faster: bytes, the device's latency, and 3.5 characters of silence. */
function readingMsAtBest(baudRate: number): number {
  const serial = { baudRate, parity: 'none', dataBits: 8, stopBits: 1 } as const;
  return planReads(meter).reduce((sum, { count }) => {
    const bytesMs = (requestLength + answerLength(count)) * characterMs(serial);
    return sum + bytesMs + latencyMs + rtuGapMs(serial);
  }, 0);
}

/** Of 10 devices 3 do not answer: what that takes from the 7. */
async function costOfDead(times: Times): Promise<Figure> {
  const answering = [1, 2, 3, 4, 5, 6, 7];
  const lost = async (contender: Contender): Promise<number> => {
    const bus = { ...times, baudRate: 9_600, answering };
    const without = await poll(contender, { ...bus, units: answering });
    const beside = await poll(contender, { ...bus, units: [8, ...answering, 9, 10] });
    return 100 * (1 - beside.readingsPerSecond / without.readingsPerSecond);
  };
  const beside: Record<string, number> = {};
  for (const other of others) beside[other] = await lost(other);
  const name = '3 dead of 10 at 9600 baud: lost readings of the others';
  return { name, unit: '%', value: await lost('tieline'), aim: '≤ 5', beside };
}

async function poll(contender: Contender, bus: Bus): Promise<Polled> {
  const pair = await makeTtyPair();
  const { baudRate, answering } = bus;
  const device = await serve('test/devices/paced-device.ts', [
    pair.slave,
    `${baudRate}`,
    `${latencyMs}`,
    answering.join(),
  ]);
  try {
    const [command, file] = contenders[contender];
    const registers = meter.registers.map((one) => [one.address, one.count]);
    const asked = { ...bus, path: pair.master, meter: meter.id, registers };
    return await run(command, [file, JSON.stringify(asked)]);
  } finally {
    device.end();
    await pair.close();
  }
}

async function manyDevices(times: Times): Promise<readonly Figure[]> {
  const devices = await serve('test/bench/bus/tcp-devices.ts', ['200']);
  const ports: unknown = JSON.parse(devices.said);
  const read = async (periodMs: number): Promise<Record<string, number>> => {
    const asked = JSON.stringify({ ...times, ports, meter: meter.id, periodMs });
    // Compiled, as it is installed: Node's own stripping of types takes 30 MB.
    return run(process.execPath, [...frugal, compiled('test/bench/bus/tcp-tieline.ts'), asked]);
  };
  try {
    await compile('test');
    const [slow, fast] = [await read(1_000), await read(200)];
    return [...figuresOf('200 TCP devices at 1 Hz', slow), ...figuresOf('at 5 Hz', fast)];
  } finally {
    devices.end();
  }
}

function figuresOf(name: string, of: Readonly<Record<string, number>>): readonly Figure[] {
  const aim = name === 'at 5 Hz';
  return [
    {
      name: `${name}: values a second`,
      unit: '1/s',
      value: of.valuesPerSecond ?? 0,
      ...(aim ? { aim: '≥ 15 000' } : {}),
    },
    { name: `${name}: processor`, unit: '%', value: 100 * (of.cpu ?? 0) },
    {
      name: `${name}: memory`,
      unit: 'MB',
      value: of.megabytes ?? 0,
      ...(aim ? { aim: '< 120' } : {}),
    },
    { name: `${name}: instants missed`, unit: '', value: of.missed ?? 0 },
  ];
}

/** The JSON that it prints. */
async function run<T>(command: string, words: readonly string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(command, [...words], { cwd: root });
  return JSON.parse(stdout);
}

/** A program that says `ready …` when it serves. */
async function serve(file: string, words: readonly string[]) {
  const child = spawn(process.execPath, [file, ...words], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await new Promise<string>((resolve, reject) => {
    child.once('close', () => reject(new Error(`${file} ended`)));
    createInterface(child.stdout).once('line', (line) => resolve(line.replace(/^ready */, '')));
  });
  return { said, end: () => child.kill() };
}
