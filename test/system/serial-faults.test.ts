// SPDX-License-Identifier: Apache-2.0
// DL/T 645, P1, IEC 62056-21 and SML on real ttys: whatever a meter does, a value is the one that was
// asked for and sent, or there is none.

import { describe, expect, onTestFinished, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { openSerialLine } from '../../drivers/bus/byte-lines.ts';
import { serialChannel } from '../../drivers/bus/serial-channel.ts';
import type { Device, Found } from '../../drivers/device.ts';
import { readData } from '../../drivers/dlt645/ask.ts';
import { encodeFrame, findFrame, withPreamble } from '../../drivers/dlt645/frame.ts';
import { findDevice } from '../../drivers/find-device.ts';
import { blockCheck } from '../../drivers/iec62056-21/readout.ts';
import { protocolMeters } from '../../drivers/index.ts';
import type { ProtocolMeter } from '../../drivers/protocol-meter.ts';
import { startSimulatedMeter } from '../../drivers/simulator/simulate.ts';
import { smlFile } from '../../drivers/simulator/sml-slave.ts';
import { openLine } from '../../drivers/transport.ts';
import type { Send } from '../devices/faulty-slave.ts';
import { makeTtyPair, type TtyPair } from '../devices/tty-pair.ts';

const timeoutMs = 150;
const dltSerial = { baudRate: 2_400, parity: 'none', dataBits: 8, stopBits: 1 } as const;
const pushSerial = { baudRate: 9_600, parity: 'none', dataBits: 8, stopBits: 1 } as const;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function ttyPair(): Promise<TtyPair> {
  const pair = await makeTtyPair();
  onTestFinished(() => pair.close());
  return pair;
}

/** The other end of a tty: what it hears, and a voice that is never too late to be ignored. */
async function otherEnd(path: string, hear: (bytes: Uint8Array, send: Send) => void) {
  const timers = new Set<NodeJS.Timeout>();
  const send: Send = (bytes, afterMs = 0) => {
    timers.add(setTimeout(() => void channel.write(bytes).catch(() => undefined), afterMs));
  };
  const channel = await serialChannel({ path, ...pushSerial })({
    bytes: (bytes) => hear(bytes, send),
    closed: () => undefined,
  });
  onTestFinished(async () => {
    for (const timer of timers) clearTimeout(timer);
    await channel.close();
  });
  return send;
}

describe.each(protocolMeters.map((meter) => [meter.id, meter] as const))('%s', (id, meter) => {
  /** A pseudo-terminal knows no parity. */
  const way = (path: string) =>
    ({ kind: 'modbus-rtu', path, ...meter.serial, parity: 'none', dataBits: 8 }) as const;
  const simulate = (definition: ProtocolMeter, path: string) =>
    startSimulatedMeter({ definition, unit: 1, transport: way(path), seed: 3, nowMs: Date.now });

  test('is read on a tty, unplugged, and read again', async () => {
    const pair = await ttyPair();
    let simulated = await simulate(meter, pair.slave);
    const line = openLine(way(pair.master), { timeoutMs: 1_000 });
    // A busy machine may be late once, in finding and in reading.
    const device = await foundIn(60_000, () => findDevice(id, { line, unit: 1 }));
    await expect.poll(async () => (await device.read()).faults, { timeout: 60_000 }).toEqual([]);
    await pair.unplug();
    await simulated.close();
    await expect.poll(() => faultOf(device), { timeout: 60_000 }).toBe('closed');
    await pair.plug();
    simulated = await simulate(meter, pair.slave);
    await expect.poll(async () => (await device.read()).faults, { timeout: 60_000 }).toEqual([]);
    await line.close();
    await simulated.close();
  });
});

/** @throws Error with the last fault when the time has passed. */
async function foundIn(timeMs: number, find: () => Promise<Found>): Promise<Device> {
  const endMs = Date.now() + timeMs;
  for (;;) {
    const found = await find();
    if (found.ok) return found.device;
    if (Date.now() > endMs) throw new Error(found.fault.detail);
    await pause(200);
  }
}

async function faultOf(device: Device): Promise<string | undefined> {
  return (await device.read()).faults[0]?.kind;
}

describe('DL/T 645: a fault at every third answer', () => {
  const address = '000000000161';
  const noise = Uint8Array.of(0x00, 0xff, 0x55, 0x68, 0x01);
  type React = (sound: Uint8Array, send: Send) => void;
  const reactions: Readonly<Record<string, React>> = {
    silent: () => undefined,
    late: (sound, send) => send(sound, timeoutMs + 80),
    'half, and nothing after': (sound, send) => send(sound.slice(0, sound.length >> 1)),
    'half, the rest late': (sound, send) => {
      send(sound.slice(0, sound.length >> 1));
      send(sound.slice(sound.length >> 1), timeoutMs + 60);
    },
    'doubled at once': (sound, send) => send(Uint8Array.of(...sound, ...sound)),
    'doubled a little later': (sound, send) => {
      send(sound);
      send(sound, 15);
    },
    'noise before it': (sound, send) => send(Uint8Array.of(...noise, ...sound)),
    'noise behind it': (sound, send) => send(Uint8Array.of(...sound, ...noise)),
    'noise in its place': (_, send) => send(noise),
    babble: (_, send) => send(new Uint8Array(200).fill(0x68)),
    'one bit turned': (sound, send) => send(sound.with(-4, (sound.at(-4) as number) ^ 0x10)),
    'a wrong checksum': (sound, send) => send(sound.with(-2, (sound.at(-2) as number) ^ 1)),
    'from another meter': (_, send) =>
      send(encodeFrame({ address: '000000000162', control: 0x91, data: utf8('12345678') })),
  };

  test.concurrent.each(Object.keys(reactions))('%s', async (name) => {
    const pair = await makeTtyPair();
    let count = 0;
    let pending: Uint8Array = new Uint8Array();
    const timers: NodeJS.Timeout[] = [];
    const channel = await serialChannel({ path: pair.slave, ...dltSerial })({
      bytes: (bytes) => {
        pending = Uint8Array.of(...pending, ...bytes);
        const search = findFrame(pending);
        if (search.kind !== 'frame') return;
        pending = new Uint8Array();
        const { data } = search.frame;
        // The value is the identifier that was asked for.
        const answer = { address, control: 0x91, data: Uint8Array.of(...data, ...data) };
        const sound = withPreamble(encodeFrame(answer));
        const send: Send = (what, afterMs = 0) => {
          timers.push(setTimeout(() => void channel.write(what).catch(() => undefined), afterMs));
        };
        if (count++ % 3 === 0) reactions[name]?.(sound, send);
        else send(sound);
      },
      closed: () => undefined,
    });
    const line = openSerialLine(
      { path: pair.master, ...dltSerial },
      { timeoutMs, settleMs: 2 * timeoutMs },
    );
    let answered = 0;
    for (let i = 1; i <= 24; i++) {
      const digits = (i % 10).toString().repeat(2);
      const identifier = `0201${digits}00`;
      const answer = await readData(line, { address, identifier, length: 4 });
      if (!answer.ok) continue;
      answered++;
      const value = [...answer.data].toReversed().map((byte) => byte.toString(16).padStart(2, '0'));
      expect(value.join('')).toBe(identifier);
    }
    expect(answered).toBeGreaterThanOrEqual(8);
    for (const timer of timers) clearTimeout(timer);
    await line.close();
    await channel.close();
    await pair.close();
  });
});

describe('a stream that is pushed, with faults between sound messages', () => {
  const telegram = (energy: number) =>
    utf8(`/TST5\r\n\r\n1-0:1.8.1(${energy.toString().padStart(6, '0')}.000*kWh)\r\n!\r\n`);
  const file = (energy: number) =>
    smlFile([{ code: [1, 0, 1, 8, 0, 255], unit: 30, scaler: 3, value: BigInt(energy) }], {
      serverId: new Uint8Array(10),
      number: energy,
    });
  const faults: readonly ((sound: Uint8Array) => Uint8Array)[] = [
    (sound) => sound.slice(0, sound.length >> 1),
    (sound) => Uint8Array.of(...sound, ...sound),
    (sound) => Uint8Array.of(0, 255, 0x1b, 0x1b, ...sound),
    (sound) => sound.slice(sound.length >> 1),
    () => new Uint8Array(300).fill(0x55),
  ];

  test.each([
    ['p1', 'dsmr-p1', telegram],
    ['sml', 'sml', file],
  ] as const)('%s', async (_, id, message) => {
    const pair = await ttyPair();
    const send = await otherEnd(pair.slave, () => undefined);
    const line = openLine({ kind: 'modbus-rtu', path: pair.master, ...pushSerial });
    onTestFinished(() => line.close());
    const finding = findDevice(id, { line, unit: 1 });
    await pause(100);
    send(message(7));
    const found = await finding;
    if (!found.ok) throw new Error(found.fault.detail);
    const exponent = found.device.values[0]?.exponent ?? 0;
    const sent = new Set<number>();
    const read = async () => {
      const [value] = (await found.device.read()).values;
      return value?.mantissa === null ? null : (Number(value?.mantissa) * 10 ** exponent) / 1_000;
    };
    for (let i = 10; i < 30; i++) {
      sent.add(i).add(1_000 + i);
      send(faults[i % faults.length]?.(message(i)) ?? new Uint8Array());
      send(message(1_000 + i), 30);
      const value = await read();
      expect(value === null || sent.has(value)).toBe(true);
    }
    send(message(5_000), 100);
    await expect.poll(read, { timeout: 30_000 }).toBe(5_000);
  });
});

test('IEC 62056-21: half a readout and a wrong block check are no values, the next is', async () => {
  const pair = await ttyPair();
  const block = utf8('1.8.0(0001.500*kWh)\r\n!\r\n\u0003');
  const sound = Uint8Array.of(2, ...block, blockCheck(block));
  const readouts = [sound, sound.slice(0, 12), sound.with(9, 0x39), sound];
  await otherEnd(pair.slave, (bytes, send) => {
    if (bytes[0] === 0x2f) send(utf8('/TST5x\r\n'), 20);
    if (bytes[0] === 0x06) send(readouts.shift() ?? sound, 500);
  });
  const line = openLine({ kind: 'modbus-rtu', path: pair.master, ...pushSerial, baudRate: 300 });
  onTestFinished(() => line.close());
  const found = await findDevice('iec62056-21', { line, unit: 1 });
  if (!found.ok) throw new Error(found.fault.detail);
  // That which found it.
  expect((await found.device.read()).faults).toEqual([]);
  const readings = [];
  while (readouts.length > 0) readings.push(await found.device.read());
  for (const { values, faults } of readings.slice(0, -1)) {
    expect(faults.length).toBeGreaterThan(0);
    expect(values[0]?.mantissa).toBeNull();
  }
  const read = async () => (await found.device.read()).values[0]?.mantissa;
  await expect.poll(read, { timeout: 60_000 }).toBe(1_500);
});
