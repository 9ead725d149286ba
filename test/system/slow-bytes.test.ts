// SPDX-License-Identifier: Apache-2.0
// Bytes on a tty as slowly as a real line brings them: whole answers are waited for at any speed, and a
// device that is much slower than its line is not taken for another.

import { expect, onTestFinished, test } from 'vitest';
import { openSerialLine } from '../../drivers/bus/byte-lines.ts';
import { RtuLine } from '../../drivers/modbus/rtu-line.ts';
import { startProgram } from '../devices/program.ts';
import { makeTtyPair } from '../devices/tty-pair.ts';

const timeoutMs = 2_000;

/** A line of `baudRate`, and a device on it whose bytes come at `pace`. Register n holds n. */
async function lineOf(baudRate: number, pace: number): Promise<RtuLine> {
  const pair = await makeTtyPair();
  onTestFinished(() => pair.close());
  const device = ['test/devices/paced-device.ts', pair.slave, `${pace}`, '20', '1'];
  const program = await startProgram(process.execPath, device);
  onTestFinished(() => program.close());
  const serial = { baudRate, parity: 'none', dataBits: 8, stopBits: 1 } as const;
  const line = new RtuLine(openSerialLine({ path: pair.master, ...serial }, { timeoutMs }));
  onTestFinished(() => line.close());
  return line;
}

const asked = [
  [100, 60],
  [200, 2],
  [300, 20],
] as const;

test.each([1_200, 2_400, 9_600, 115_200])('at %i baud every answer is whole', async (baudRate) => {
  const line = await lineOf(baudRate, baudRate);
  for (const [address, count] of asked) {
    const request = { unit: 1, functionCode: 3, address, count } as const;
    const startedMs = performance.now();
    const answer = await line.request(request, { patient: true });
    const registers = Array.from({ length: count }, (_, i) => address + i);
    expect(answer).toMatchObject({ ok: true, registers });
    // It was no faster than the wire: the device is paced indeed.
    const wireMs = ((8 + 5 + 2 * count) * 10_000) / baudRate;
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(wireMs);
  }
});

test('a device at a fraction of the speed is read whole, or not at all', async () => {
  const line = await lineOf(9_600, 2_400);
  let answered = 0;
  for (let i = 0; i < 12; i++) {
    const [address, count] = asked[i % asked.length] ?? asked[0];
    const request = { unit: 1, functionCode: 3, address, count } as const;
    const answer = await line.request(request, { patient: true });
    const registers = Array.from({ length: count }, (_, k) => address + k);
    if (answer.ok) expect(answer.registers).toEqual(registers);
    if (answer.ok) answered += 1;
  }
  expect(answered).toBeGreaterThan(0);
});
