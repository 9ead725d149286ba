// SPDX-License-Identifier: Apache-2.0
// Meters on a tty that is as slow as a real one, as a process of their own: `paced-device.ts TTY
// BAUD LATENCY_MS UNITS`. A pseudo-terminal passes bytes at once; here each arrives when it would
// have on the wire. Register n holds n. It sleeps by blocking, which is exact to a tenth of a
// millisecond, and is ended by its parent.

import { constants, openSync, readSync, writeSync } from 'node:fs';
import { hasGoodCrc } from '../../drivers/modbus/rtu-frame.ts';
import { soundAnswer } from './faulty-slave.ts';

const [, , path = '', baud = '9600', latency = '20', units = '1'] = process.argv;
const byteMs = 10_000 / Number(baud);
const latencyMs = Number(latency);
const served = new Set(units.split(',').map(Number));
const requestLength = 8;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

function sleepUntil(atMs: number): void {
  const ms = atMs - performance.now();
  if (ms > 0) Atomics.wait(sleeper, 0, 0, ms);
}

/** Pieces of a few bytes, as the buffer of a serial chip gives them. */
function say(tty: number, answer: Uint8Array, fromMs: number): void {
  const pieceLength = Math.max(8, Math.ceil(1 / byteMs));
  for (let from = 0; from < answer.length; from += pieceLength) {
    const piece = answer.subarray(from, from + pieceLength);
    sleepUntil(fromMs + (from + piece.length) * byteMs);
    writeSync(tty, piece);
  }
}

const tty = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
process.stdout.write('ready\n');
const buffer = new Uint8Array(256);
let pending = new Uint8Array();
for (;;) {
  const count = readSync(tty, buffer);
  const arrivedMs = performance.now();
  pending = Uint8Array.of(...pending, ...buffer.subarray(0, count));
  while (pending.length >= requestLength) {
    const request = pending.slice(0, requestLength);
    pending = hasGoodCrc(request) ? pending.slice(requestLength) : new Uint8Array();
    const [unit = 0] = request;
    if (!hasGoodCrc(request) || !served.has(unit)) continue;
    say(tty, soundAnswer(request), arrivedMs + requestLength * byteMs + latencyMs);
  }
}
