// SPDX-License-Identifier: Apache-2.0
// What the simulated line itself gives on this machine: the same requests, written and read by blocking
// calls that check nothing, with 3.5 characters of silence between. Arguments as for `tty-tieline.ts`.

import { execFileSync } from 'node:child_process';
import { constants, openSync, readSync, writeSync } from 'node:fs';
import { rtuGapMs } from '../../../drivers/bus/wire-time.ts';
import { findMeter } from '../../../drivers/index.ts';
import type { MeterDefinition } from '../../../drivers/meter-definition.ts';
import { answerLength, encodeRequest } from '../../../drivers/modbus/rtu-frame.ts';
import { planReads } from '../../../drivers/read-plan.ts';

const { path, baudRate, units, meter, warmUpMs, runMs } = JSON.parse(process.argv[2] ?? '{}');
const definition = findMeter(meter) as MeterDefinition;
const gapMs = rtuGapMs({ baudRate, parity: 'none', dataBits: 8, stopBits: 1 });
const requests = planReads(definition).map(({ address, count }) => ({
  bytes: encodeRequest({
    ...{ unit: units[0], functionCode: definition.functionCode, address, count },
  }),
  length: answerLength(count),
}));
execFileSync('stty', ['-F', path, 'raw', '-echo']);
const tty = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
const buffer = new Uint8Array(256);
const sleeper = new Int32Array(new SharedArrayBuffer(4));

function readAll(): void {
  for (const { bytes, length } of requests) {
    Atomics.wait(sleeper, 0, 0, gapMs);
    writeSync(tty, bytes);
    for (let received = 0; received < length; ) received += readSync(tty, buffer);
  }
}

const countFromMs = performance.now() + warmUpMs;
while (performance.now() < countFromMs) readAll();
const startedMs = performance.now();
let readings = 0;
while (performance.now() < countFromMs + runMs) {
  readAll();
  readings += 1;
}
const seconds = (performance.now() - startedMs) / 1_000;
process.stdout.write(`${JSON.stringify({ readingsPerSecond: readings / seconds, cpu: 0 })}\n`);
