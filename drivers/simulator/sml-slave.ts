// SPDX-License-Identifier: Apache-2.0
// A meter that pushes SML as one plays it: a file each second, of a house with three phases.

import { concat, utf8 } from '../../base/bytes.ts';
import type { ByteChannel } from '../bus/byte-channel.ts';
import { crc16 } from '../crc16.ts';
import type { ByteSlave } from './byte-server.ts';
import type { Load } from './load.ts';

export type SmlSlaveSettings = {
  readonly load: () => Load;
  readonly nowMs: () => number;
};

export type SmlEntry = {
  /** Six groups. */
  readonly code: readonly number[];
  /** DLMS unit code. */
  readonly unit?: number;
  readonly scaler?: number;
  readonly value: bigint | Uint8Array;
  readonly status?: number;
};

const periodMs = 1_000;
const x25 = { polynomial: 0x8408, initial: 0xffff, finalXor: 0xffff };
export const simulatedServerId = Uint8Array.of(10, 1, 0x54, 0x4c, 0x4e, 0, 0, 0, 0x30, 0x39);
const nothing = Uint8Array.of(1);

export function smlSlave({ load, nowMs }: SmlSlaveSettings): ByteSlave {
  let timer: NodeJS.Timeout | undefined;
  return {
    attach: (channel: ByteChannel) => {
      // Who has gone needs no file.
      const send = () => void channel.write(smlFileOf(load(), nowMs())).catch(() => undefined);
      timer = setInterval(send, periodMs);
    },
    receive: () => undefined,
    close: () => clearInterval(timer),
  };
}

export function smlFileOf(load: Load, timeMs: number): Uint8Array {
  const { activePower, importEnergy, exportEnergy, phases } = load;
  const number = (c: number, d: number, unit: number, scaler: number, value: number): SmlEntry => {
    const code = [1, 0, c, d, 0, 255];
    return { code, unit, scaler, value: BigInt(Math.round(value / 10 ** scaler)) };
  };
  return smlFile(
    [
      { code: [129, 129, 199, 130, 3, 255], value: utf8('TLN') },
      { code: [1, 0, 96, 1, 0, 255], value: simulatedServerId },
      { ...number(1, 8, 30, -1, importEnergy), status: 0x1c0104 },
      number(2, 8, 30, -1, exportEnergy),
      number(16, 7, 27, 0, activePower),
      ...phases.map(({ voltage }, i) => number(32 + 20 * i, 7, 35, -1, voltage)),
      ...phases.map(({ current }, i) => number(31 + 20 * i, 7, 33, -2, current)),
      ...phases.map((phase, i) => number(36 + 20 * i, 7, 27, 0, phase.activePower)),
      { code: [129, 129, 199, 130, 5, 255], value: new Uint8Array(48).fill(0x5a) },
    ],
    { serverId: simulatedServerId, number: Math.floor(timeMs / periodMs) },
  );
}

/** Open, list of values, close, as a meter sends them. */
export function smlFile(
  entries: readonly SmlEntry[],
  { serverId, number }: { readonly serverId: Uint8Array; readonly number: number },
): Uint8Array {
  const id = octets(Uint8Array.of((number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff));
  const server = octets(serverId);
  const values = list(...entries.map(entryOf));
  const open = list(nothing, nothing, id, server, nothing, nothing);
  const content = list(nothing, server, nothing, nothing, values, nothing, nothing);
  const close = list(nothing);
  return framed(
    concat(message(id, 0x101, open), message(id, 0x701, content), message(id, 0x201, close)),
  );
}

/** With escape sequences, fill bytes and checksum. */
export function framed(body: Uint8Array): Uint8Array {
  const escaped: number[] = [];
  for (const [i, byte] of body.entries()) {
    const four = byte === 0x1b && body.subarray(i, i + 4).every((one) => one === 0x1b);
    const whole = four && i + 4 <= body.length && escapesBefore(body, i) % 4 === 0;
    if (whole) escaped.push(0x1b, 0x1b, 0x1b, 0x1b);
    escaped.push(byte);
  }
  const fill = (4 - (escaped.length % 4)) % 4;
  const counted = Uint8Array.of(
    ...[0x1b, 0x1b, 0x1b, 0x1b, 1, 1, 1, 1],
    ...escaped,
    ...new Array<number>(fill).fill(0),
    ...[0x1b, 0x1b, 0x1b, 0x1b, 0x1a, fill],
  );
  const crc = crc16(x25, counted);
  return concat(counted, Uint8Array.of(crc & 0xff, crc >>> 8));
}

/** How many 1Bh stand directly before. */
function escapesBefore(body: Uint8Array, at: number): number {
  let count = 0;
  while (body[at - 1 - count] === 0x1b) count += 1;
  return count;
}

function message(id: Uint8Array, tag: number, body: Uint8Array): Uint8Array {
  const tagged = list(Uint8Array.of(0x65, 0, 0, tag >>> 8, tag & 0xff), body);
  const head = concat(Uint8Array.of(0x76), id, Uint8Array.of(0x62, 0, 0x62, 0), tagged);
  const crc = crc16(x25, head);
  return concat(head, Uint8Array.of(0x63, crc & 0xff, crc >>> 8, 0));
}

function entryOf({ code, unit, scaler, value, status }: SmlEntry): Uint8Array {
  return list(
    octets(Uint8Array.from(code)),
    status === undefined
      ? nothing
      : Uint8Array.of(0x65, status >>> 24, status >>> 16, status >>> 8, status),
    nothing,
    unit === undefined ? nothing : Uint8Array.of(0x62, unit),
    scaler === undefined ? nothing : Uint8Array.of(0x52, scaler),
    typeof value === 'bigint' ? integer(value) : octets(value),
    nothing,
  );
}

/** As short as it goes, as some meters send it. */
export function integer(value: bigint): Uint8Array {
  let length = 1;
  while (BigInt.asIntN(8 * length, value) !== value) length += 1;
  const bytes = Array.from({ length }, (_, i) =>
    Number((value >> BigInt(8 * (length - 1 - i))) & 255n),
  );
  return Uint8Array.of(0x51 + length, ...bytes);
}

function octets(bytes: Uint8Array): Uint8Array {
  return concat(head(0, bytes.length), bytes);
}

function list(...items: readonly Uint8Array[]): Uint8Array {
  const { length } = items;
  const start = length < 16 ? [0x70 | length] : [0xf0 | (length >>> 4), length & 0x0f];
  return concat(Uint8Array.from(start), ...items);
}

/** The length counts the head itself. */
function head(type: number, length: number): Uint8Array {
  if (length < 15) return Uint8Array.of((type << 4) | (length + 1));
  const counted = length + 2;
  return Uint8Array.of(0x80 | (type << 4) | (counted >>> 4), counted & 0x0f);
}
