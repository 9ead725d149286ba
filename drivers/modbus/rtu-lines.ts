// SPDX-License-Identifier: Apache-2.0
// The two lines that carry RTU frames: a serial bus, and a TCP connection to a simple serial
// server.

import type { Line } from '../line.ts';
import type { SerialSettings } from '../meter-definition.ts';
import { RtuLine } from './rtu-line.ts';
import { serialChannel } from './serial-channel.ts';
import { socketChannel } from './socket-channel.ts';

export type RtuOptions = {
  readonly timeoutMs?: number;
  readonly settleMs?: number;
  readonly deviceGapMs?: number;
};

const defaultTimeoutMs = 1_000;
// A character is a start bit, the data, parity, and the stop bits; 3.5 of them end a frame, but
// never less than 1.75 ms (Modbus over Serial Line V1.02, section 2.5.1.1).
const gapCharacters = 3.5;
const gapFixedAboveBaud = 19_200;
const gapFixedMs = 1.75;
// A network delivers in bursts: a silence there says less than on a wire.
const networkGapMs = 10;
// The slowest usual bus that a serial server may have behind it.
const networkCharacterMs = 11_000 / 2_400;

export function openRtuSerialLine(
  endpoint: SerialSettings & { readonly path: string },
  options: RtuOptions = {},
): Line {
  const { path, baudRate, parity, dataBits, stopBits } = endpoint;
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const characterMs = (1_000 * (1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits)) / baudRate;
  return new RtuLine(serialChannel(endpoint), {
    name: `modbus-rtu ${path} ${baudRate} ${serialForm(endpoint)}`,
    timeoutMs,
    gapMs: baudRate > gapFixedAboveBaud ? gapFixedMs : gapCharacters * characterMs,
    settleMs: options.settleMs ?? timeoutMs,
    deviceGapMs: options.deviceGapMs ?? 0,
    characterMs,
    reopenAfterTimeOuts: false,
    timeOut: (unit) => ({
      detail: `unit ${unit} on ${path} did not answer within ${timeoutMs} ms`,
      hint:
        `check that the meter is set to ${baudRate} baud, parity ${parity} and address ${unit}, ` +
        'and that wires A and B are not swapped',
    }),
  });
}

export function openRtuTcpLine(
  { host, port }: { readonly host: string; readonly port: number },
  options: RtuOptions = {},
): Line {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  return new RtuLine(socketChannel(host, port), {
    name: `rtu-tcp ${host}:${port}`,
    timeoutMs,
    gapMs: networkGapMs,
    settleMs: options.settleMs ?? timeoutMs,
    deviceGapMs: options.deviceGapMs ?? 0,
    characterMs: networkCharacterMs,
    reopenAfterTimeOuts: true,
    timeOut: (unit) => ({
      detail: `unit ${unit} behind ${host}:${port} did not answer within ${timeoutMs} ms`,
      hint:
        `check that ${host}:${port} is the serial server, that its baud rate and parity are ` +
        `the meter's, that the meter's address is ${unit}, and that wires A and B are not swapped`,
    }),
  });
}

/** E.g. `8N1`. */
export function serialForm({ dataBits, parity, stopBits }: SerialSettings): string {
  return `${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`;
}
