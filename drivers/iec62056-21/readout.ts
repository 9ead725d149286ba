// SPDX-License-Identifier: Apache-2.0
// Messages of IEC 62056-21, modes A and C: sign-on, identification, acknowledgement, data readout. Pure.
// A readout whose block check is wrong is none.

import { concat, utf8 } from '../../base/bytes.ts';
import { formatObis, parseObis } from '../../base/obis.ts';
import type { BadAnswer, Judgement } from '../bus/byte-exchange.ts';
import { type PrintedValue, parsePrinted } from '../printed-value.ts';

/** How a meter introduces itself, and how it goes on. */
export type Identification = {
  /** Three letters of the maker. */
  readonly maker: string;
  /** What the maker calls it. */
  readonly model: string;
  /** `A`: the readout follows at once. `C`: it waits to be told a speed, this one at most. */
  readonly mode: { readonly kind: 'A' } | { readonly kind: 'C'; readonly baudRate: number };
};

export type Readout = {
  /** By canonical OBIS code, in the order of the readout: values of now in units that are known. */
  readonly values: ReadonlyMap<string, PrintedValue>;
};

export type Introduction = {
  readonly identification: Identification;
  /** In mode A. */
  readonly readout: Readout | undefined;
};

const acknowledge = 0x06;
const startOfText = 0x02;
const endOfText = 0x03;
const slash = 0x2f;
const question = 0x3f;
const lineFeed = 0x0a;
const sevenBits = 0x7f;
/** By the character that names them in an identification. */
const speeds = [300, 600, 1_200, 2_400, 4_800, 9_600, 19_200];
const addressLengthMax = 32;

/** Whether it can stand in a sign-on; '' asks whoever is there. */
export function isDeviceAddress(text: string): boolean {
  return text.length <= addressLengthMax && /^[0-9A-Za-z ]*$/.test(text);
}

export function signOn(address: string): Uint8Array {
  return utf8(`/?${address}!\r\n`);
}

/** Asks for the readout, at one of the standard's speeds. */
export function readoutRequest(baudRate: number): Uint8Array {
  const speed = Math.max(speeds.indexOf(baudRate), 0);
  return concat(Uint8Array.of(acknowledge), utf8(`0${speed}0\r\n`));
}

/** Bytes are attacker-controlled. An optical head echoes the sign-on: that is stepped over. */
export function judgeIntroduction(bytes: Uint8Array): Judgement<Introduction> {
  let start = bytes.indexOf(slash);
  while (start >= 0 && bytes[start + 1] === question) start = bytes.indexOf(slash, start + 1);
  const end = start < 0 ? -1 : bytes.indexOf(lineFeed, start);
  if (end < 0) return { kind: 'incomplete' };
  const line = ascii(bytes.subarray(start, end)).trimEnd();
  const identification = identificationOf(line);
  if (identification === undefined) {
    return malformed(modeB.test(line) ? 'it speaks mode B, which is not read' : noIntroduction);
  }
  const { mode } = identification;
  if (mode.kind === 'C') {
    return { kind: 'complete', value: { identification, readout: undefined } };
  }
  const judged = judgeReadout(bytes.subarray(end + 1));
  return judged.kind === 'complete'
    ? { kind: 'complete', value: { identification, readout: judged.value } }
    : judged;
}

/** Bytes are attacker-controlled. */
export function judgeReadout(bytes: Uint8Array): Judgement<Readout> {
  const start = bytes.indexOf(startOfText);
  const end = start < 0 ? -1 : bytes.indexOf(endOfText, start);
  const check = bytes[end + 1];
  if (end < 0 || check === undefined) return { kind: 'incomplete' };
  if (blockCheck(bytes.subarray(start + 1, end + 1)) !== (check & sevenBits)) {
    return { kind: 'crc', detail: 'its block check is wrong' };
  }
  return { kind: 'complete', value: readoutOf(ascii(bytes.subarray(start + 1, end))) };
}

/** Exclusive or of what stands behind the start, up to and with the end of text. */
export function blockCheck(bytes: Uint8Array): number {
  let check = 0;
  for (const byte of bytes) check ^= byte;
  return check & sevenBits;
}

const noIntroduction = 'it does not introduce itself';
/** It changes the speed without being asked: nothing would be readable. */
const modeB = /^\/[A-Za-z]{3}[A-I]/;

function identificationOf(line: string): Identification | undefined {
  const match = /^\/([A-Za-z]{3})(.)(.{0,32})$/.exec(line);
  if (match === null) return undefined;
  const [, maker = '', speed = '', model = ''] = match;
  const baudRate = /^\d$/.test(speed) ? speeds[Number(speed)] : undefined;
  if (modeB.test(line) || /^[7-9]$/.test(speed)) return undefined;
  const mode =
    baudRate === undefined ? ({ kind: 'A' } as const) : ({ kind: 'C', baudRate } as const);
  return { maker, model: mode.kind === 'A' ? `${speed}${model}` : model, mode };
}

/** A code that two lines have belongs to neither. */
function readoutOf(text: string): Readout {
  const values = new Map<string, PrintedValue>();
  const twice = new Set<string>();
  for (const [, id = '', printed = ''] of text.matchAll(/([^()\s!]+)\(([^()]*)\)/g)) {
    const obis = parseObis(/^\d+-\d+:/.test(id) ? id : `1-0:${id}`);
    const value = parsePrinted(printed);
    // Values of earlier billing periods have a last group of their own.
    if (obis === undefined || obis.history !== 255 || value === undefined) continue;
    const code = formatObis(obis);
    if (values.has(code)) twice.add(code);
    values.set(code, value);
  }
  for (const code of twice) values.delete(code);
  return { values };
}

/** Seven bits a character: where the eighth is a parity that nobody took off, it goes. */
function ascii(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte & sevenBits);
  return text;
}

function malformed(detail: string): BadAnswer {
  return { kind: 'malformed', detail };
}
