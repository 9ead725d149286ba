// SPDX-License-Identifier: Apache-2.0
// The two lines of bytes: a tty, and a TCP connection to a simple serial server.

import { anybody } from '../line.ts';
import type { SerialSettings } from '../meter-definition.ts';
import { ByteLine } from './byte-line.ts';
import { serialChannel } from './serial-channel.ts';
import { socketChannel } from './socket-channel.ts';
import { rtuGapMs, serialForm } from './wire-time.ts';

export type ByteLineOptions = {
  /** Longest time that a device may take to begin its answer. */
  readonly timeoutMs?: number;
  /** How long a device is left alone after a fault; by default as long as it may take to answer. */
  readonly settleMs?: number;
  /** How long a device is left alone after each answer. */
  readonly deviceGapMs?: number;
};

const defaultTimeoutMs = 1_000;
// A network delivers in bursts: a silence there says less than on a wire.
const networkGapMs = 10;
// The slowest usual bus that a serial server may have behind it.
const slowestSerial: SerialSettings = { baudRate: 2_400, parity: 'even', dataBits: 8, stopBits: 1 };

export function openSerialLine(
  endpoint: SerialSettings & { readonly path: string },
  options: ByteLineOptions = {},
): ByteLine {
  const { path, baudRate, parity } = endpoint;
  return new ByteLine(serialChannel(endpoint), {
    ...waits(options),
    name: `${path} ${baudRate} ${serialForm(endpoint)}`,
    serial: endpoint,
    gapMs: rtuGapMs(endpoint),
    overTcp: false,
    timeOutHint: (peer) =>
      `check that the meter is set to ${baudRate} baud and parity ${parity}, ${addressHint(peer)}` +
      'and that wires A and B are not swapped',
  });
}

function addressHint(peer: string): string {
  return peer === anybody ? '' : `that ${peer} is the meter's, `;
}

export function openSerialServerLine(
  { host, port }: { readonly host: string; readonly port: number },
  options: ByteLineOptions = {},
): ByteLine {
  return new ByteLine(socketChannel(host, port), {
    ...waits(options),
    name: `${host}:${port}`,
    serial: slowestSerial,
    gapMs: networkGapMs,
    overTcp: true,
    timeOutHint: (peer) =>
      `check that ${host}:${port} is the serial server, that its baud rate and parity are the ` +
      `meter's, ${addressHint(peer)}and that wires A and B are not swapped`,
  });
}

function waits({ timeoutMs = defaultTimeoutMs, settleMs, deviceGapMs = 0 }: ByteLineOptions) {
  return { timeoutMs, settleMs: settleMs ?? timeoutMs, deviceGapMs };
}
