// SPDX-License-Identifier: Apache-2.0
// DL/T 645-2007 meters from end to end: found, read, and shared a line with others of their kind.

import { describe, expect, type TestContext, test } from 'vitest';
import { fromHex } from '../../../../base/bytes.ts';
import { quality } from '../../../../base/quality.ts';
import { openSerialServerLine } from '../../../../drivers/bus/byte-lines.ts';
import { readData } from '../../../../drivers/dlt645/ask.ts';
import { type DataItem, threePhaseBlocks } from '../../../../drivers/dlt645/data-items.ts';
import { encodeFrame, type Frame, findFrame } from '../../../../drivers/dlt645/frame.ts';
import { findDevice } from '../../../../drivers/find-device.ts';
import { findProtocolMeter } from '../../../../drivers/index.ts';
import type { ProtocolMeter } from '../../../../drivers/protocol-meter.ts';
import { serveBytes } from '../../../../drivers/simulator/byte-server.ts';
import { answerFrame, dlt645Slave } from '../../../../drivers/simulator/dlt645-slave.ts';
import { startSimulatedMeter } from '../../../../drivers/simulator/simulate.ts';
import { openLine } from '../../../../drivers/transport.ts';

const nowMs = () => Date.UTC(2026, 5, 21, 12);
const loopback = { kind: 'rtu-tcp', host: '127.0.0.1', port: 0 } as const;
const meter = (id: string) => findProtocolMeter(id) as ProtocolMeter;

async function simulated({ onTestFinished }: TestContext, id: string, address?: string) {
  const settings = { definition: meter(id), unit: 1, address, transport: loopback, seed: 5, nowMs };
  const slave = await startSimulatedMeter(settings);
  const line = openLine(slave.transport, { timeoutMs: 200 });
  onTestFinished(async () => {
    await line.close();
    await slave.close();
  });
  return { line, slave };
}

/** What a meter answers to each whole request, told by a function. */
async function played({ onTestFinished }: TestContext, answer: (asked: Frame) => Frame[]) {
  const server = await serveBytes(loopback, () => {
    let send: (bytes: Uint8Array) => Promise<void> = async () => undefined;
    return {
      attach: (channel) => {
        send = channel.write;
      },
      receive: (bytes) => {
        const search = findFrame(bytes);
        if (search.kind !== 'frame') return;
        for (const frame of answer(search.frame)) void send(encodeFrame(frame));
      },
      close: () => undefined,
    };
  });
  const line = openLine(server.transport, { timeoutMs: 200 });
  onTestFinished(async () => {
    await line.close();
    await server.close();
  });
  return line;
}

describe.each(['dlt645-single-phase', 'dlt645-three-phase'])('%s', (id) => {
  test('tells its address and is read completely', async (context) => {
    const { line, slave } = await simulated(context, id);
    expect(slave.ready).toMatch(/^ready dlt645-\S+ 000000000161 on dlt645 127/);
    const found = await findDevice(id, { line, unit: 1 });
    if (!found.ok) throw new Error(found.fault.detail);
    const { device } = found;
    expect(device.request).toContain('dlt645-2007 000000000161 00010000');
    const { values, faults } = await device.read();
    expect(faults).toEqual([]);
    expect(new Set(values.map((value) => value.quality))).toEqual(new Set([quality.good]));
    expect(device.values.map(({ obis }) => obis)).toEqual(meter(id).obis);
    const volts = device.values.findIndex(({ obis }) => obis === '1-0:32.7.0*255');
    expect(values[volts]?.mantissa).toBeGreaterThan(2_000);
    expect(device.exchanges).toEqual(meter(id).exchanges(() => true));
  });

  test('of another address is silent', async (context) => {
    const { line } = await simulated(context, id, '123456789012');
    const found = await findDevice(id, { line, unit: 1, address: '000000000161' });
    if (!found.ok) throw new Error(found.fault.detail);
    const { values, faults } = await found.device.read();
    expect(faults).toMatchObject([
      { kind: 'time-out', detail: expect.stringContaining('address 000000000161') },
    ]);
    expect(values[0]).toEqual({ mantissa: null, quality: quality.timeOut });
    expect(values.at(-1)).toEqual({ mantissa: null, quality: quality.notRead });
  });

  test('reads only what is wanted', async (context) => {
    const { line } = await simulated(context, id);
    const found = await findDevice(id, { line, unit: 1 }, ({ obis }) => obis === '1-0:31.7.0*255');
    if (!found.ok) throw new Error(found.fault.detail);
    expect(found.device.request).toBe('dlt645-2007 000000000161 02020100');
    expect((await found.device.read()).values).toHaveLength(1);
  });
});

test('an address that is none is refused before anything is asked', async (context) => {
  const { line } = await simulated(context, 'dlt645-three-phase');
  const found = await findDevice('dlt645-three-phase', { line, unit: 1, address: '161' });
  expect(found).toMatchObject({ fault: { hint: expect.stringContaining('12 digits') } });
});

test('a Modbus TCP endpoint carries nothing else', async ({ onTestFinished }) => {
  const line = openLine({ kind: 'modbus-tcp', host: '127.0.0.1', port: 9 });
  onTestFinished(() => line.close());
  const found = await findDevice('dlt645-three-phase', { line, unit: 1 });
  expect(found).toMatchObject({ fault: { hint: expect.stringContaining('serial server') } });
});

const settings = {
  address: '000000000161',
  blocks: threePhaseBlocks,
  mantissaOf: ({ length }: DataItem) => length,
  relay: { password: new Uint8Array(4), open: false },
};

test('a meter that knows no blocks is read item by item, and asked for blocks but once', async (context) => {
  const asked: string[] = [];
  const line = await played(context, (frame) => {
    const block = frame.data[1] === 0xff;
    if (frame.control === 0x11) asked.push(block ? 'block' : 'item');
    const answer = block
      ? { ...frame, control: 0xd1, data: Uint8Array.of(2) }
      : answerFrame(frame, settings);
    return answer === undefined ? [] : [answer];
  });
  const found = await findDevice('dlt645-three-phase', { line, unit: 1 });
  if (!found.ok) throw new Error(found.fault.detail);
  const first = await found.device.read();
  expect(first.faults).toEqual([]);
  expect(first.values.every(({ mantissa }) => mantissa !== null)).toBe(true);
  expect(asked.filter((what) => what === 'block')).toHaveLength(3);
  await found.device.read();
  expect(asked.filter((what) => what === 'block')).toHaveLength(3);
});

test('what a meter has not has no value, and says so', async (context) => {
  const line = await played(context, (frame) => {
    if (frame.control === 0x13) return [answerFrame(frame, settings) as Frame];
    return [{ ...frame, control: 0xd1, data: Uint8Array.of(2) }];
  });
  const found = await findDevice('dlt645-single-phase', { line, unit: 1 });
  if (!found.ok) throw new Error(found.fault.detail);
  const { values, faults } = await found.device.read();
  expect(new Set(values.map((value) => value.quality))).toEqual(new Set([quality.deviceException]));
  expect(faults[0]).toMatchObject({ detail: expect.stringContaining('no such data') });
});

describe('data in several frames', () => {
  const inParts = (numbers: readonly number[]) => (frame: Frame) => {
    const sequence = frame.data[4] ?? 0;
    const control = (sequence === 0 ? 0x91 : 0x92) | (sequence < 2 ? 0x20 : 0);
    const tail = sequence === 0 ? [] : [numbers[sequence] ?? 0];
    const data = Uint8Array.of(...frame.data.slice(0, 4), 0x10 + sequence, ...tail);
    return [{ ...frame, control, data }];
  };
  const place = { address: '000000000161', identifier: '06010001', length: 3 };

  test('is put together', async (context) => {
    const line = await played(context, inParts([0, 1, 2]));
    const answer = await readData(line.bytes as never, place);
    expect(answer).toMatchObject({ ok: true, data: fromHex('101112') });
  });

  test('out of order is no answer', async (context) => {
    const line = await played(context, inParts([0, 1, 1]));
    const answer = await readData(line.bytes as never, place);
    expect(answer).toMatchObject({ fault: { detail: expect.stringContaining('out of order') } });
  });
});

test('meters of several addresses share a line', async ({ onTestFinished }) => {
  const addresses = ['000000000161', '680000000068', '123456789012'];
  const server = await serveBytes(loopback, () => {
    const slaves = addresses.map((address, i) =>
      dlt645Slave({ ...settings, address, mantissaOf: () => 10 + i }),
    );
    return {
      attach: (channel) => {
        for (const slave of slaves) slave.attach(channel);
      },
      receive: (bytes) => {
        for (const slave of slaves) slave.receive(bytes);
      },
      close: () => undefined,
    };
  });
  if (server.transport.kind !== 'rtu-tcp') throw new Error('it is over TCP');
  const line = openSerialServerLine(server.transport, { timeoutMs: 200 });
  onTestFinished(async () => {
    await line.close();
    await server.close();
  });
  const asked = addresses.map((address) =>
    readData(line, { address, identifier: '02010100', length: 2 }),
  );
  const answers = await Promise.all(asked);
  expect(answers.map((answer) => answer.ok && answer.data[0])).toEqual([0x10, 0x11, 0x12]);
});
