// SPDX-License-Identifier: Apache-2.0
// What the examination says of meters on real ttys: one that answers, a line on which nobody does,
// an adapter that hears itself, and a line that damages what it carries.

import { expect, test } from 'vitest';
import { checkMeters } from '../../agent/doctor/check-meters.ts';
import type { Finding } from '../../agent/doctor/finding.ts';
import { findMeter } from '../../drivers/index.ts';
import { encodeRequest } from '../../drivers/modbus/rtu-frame.ts';
import { startSimulatedMeter } from '../../drivers/simulator/simulate.ts';
import { faultySlaveOnTty, type Reaction } from '../devices/faulty-slave.ts';
import { makeTtyPair } from '../devices/tty-pair.ts';

const settings = { baudRate: 9_600, parity: 'none', dataBits: 8, stopBits: 1 } as const;

function examine(path: string, meter = 'chint-ddsu666'): Promise<readonly Finding[]> {
  const line = { name: 'cabinet', timeoutMs: 300, deviceGapMs: 0, serial: path, ...settings };
  const one = { name: 'main', meter, line: 'cabinet', unit: 1, periodMs: 1_000, periods: [] };
  return checkMeters({ lines: [line], meters: [one] }, new AbortController().signal);
}

async function withSlave(react: Reaction): Promise<readonly Finding[]> {
  const pair = await makeTtyPair();
  const slave = await faultySlaveOnTty(pair.slave, react);
  try {
    return await examine(pair.master);
  } finally {
    await slave.close();
    await pair.close();
  }
}

test('a meter that answers is good, with its latency', async () => {
  const pair = await makeTtyPair();
  const definition = findMeter('eastron-sdm120');
  if (definition === undefined) throw new Error('the meter is in the catalogue');
  const meter = await startSimulatedMeter({
    definition,
    unit: 1,
    transport: { kind: 'modbus-rtu', path: pair.slave, ...settings },
    seed: 1,
    nowMs: Date.now,
  });
  const findings = await examine(pair.master, definition.id);
  await meter.close();
  await pair.close();
  expect(findings).toEqual([
    { area: 'meters', state: 'good', what: expect.stringMatching(/^main answers, within \d+ ms$/) },
  ]);
});

test('a line on which nobody answers is taken for its wires', async () => {
  const [finding, ...others] = await withSlave(() => {});
  expect(finding).toMatchObject({ state: 'bad', what: 'line cabinet: nobody answers' });
  expect(finding).toHaveProperty('advice', expect.stringContaining('A and B swapped'));
  expect(others).toEqual([]);
});

test('an adapter that hears itself is named', async () => {
  const definition = findMeter('chint-ddsu666');
  const [first] = definition?.registers ?? [];
  if (definition === undefined || first === undefined) throw new Error('the meter has registers');
  const findings = await withSlave((sound, send) => {
    // Whatever was asked, the first bytes that come back are the request's own.
    const count = ((sound[2] ?? 0) / 2) | 0;
    const functionCode = definition.functionCode;
    send(encodeRequest({ unit: 1, functionCode, address: first.address, count }));
  });
  expect(findings[0]?.what).toBe('line cabinet: the adapter hears what it says itself');
});

test('a line that damages what it carries is told from one that is cut', async () => {
  const findings = await withSlave((sound, send, index) => {
    const damaged = Uint8Array.from(sound, (byte, i) => (i === 4 ? byte ^ 1 : byte));
    send(index % 2 === 0 ? damaged : sound);
  });
  const [line, meter] = findings;
  expect(line).toMatchObject({ area: 'meters', state: 'attention' });
  expect(line?.what).toMatch(/^line cabinet: \d of \d answers were damaged$/);
  expect(meter).toHaveProperty('what', expect.stringContaining('main failed'));
});
