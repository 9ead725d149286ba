// SPDX-License-Identifier: Apache-2.0
// What an SML file says: the list of values of its GetList.Res. Pure. Names, keys and signatures are kept
// as the bytes that they are.

import { toHex } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { isObis } from '../../base/obis.ts';
import type { PrintedValue } from '../printed-value.ts';
import { decodeTlv, type SmlNode } from './tlv.ts';

export type SmlReadings = {
  /** As sent. */
  readonly serverId: Uint8Array;
  /** By canonical OBIS code, in the order of the list: numbers in units that are known. */
  readonly values: ReadonlyMap<string, PrintedValue>;
  /** Octets by code as the meter gives it, e.g. the public key under `129-129:199.130.5*255`. */
  readonly texts: ReadonlyMap<string, Uint8Array>;
  /** That stands beside the first counter; undefined where none does. */
  readonly statusWord: bigint | undefined;
};

export const publicKeyCode = '129-129:199.130.5*255';

const getListResponse = 0x701n;
const messageItems = 6;
const bodyAt = 3;
const serverIdAt = 1;
const valuesAt = 4;
const entryItems = 7;

/** DLMS unit codes (IEC 62056-62). */
const units: ReadonlyMap<bigint, string> = new Map([
  [13n, 'm3'],
  [27n, 'W'],
  [28n, 'VA'],
  [29n, 'var'],
  [30n, 'Wh'],
  [31n, 'VAh'],
  [32n, 'varh'],
  [33n, 'A'],
  [35n, 'V'],
  [44n, 'Hz'],
]);

/** `bytes`: of a file, between its escape sequences. Attacker-controlled. */
export function decodeReadings(bytes: Uint8Array): Result<SmlReadings, 'form'> {
  const nodes = decodeTlv(bytes);
  if (!nodes.ok) return nodes;
  const lists = nodes.value.flatMap(responseOf);
  const [response, ...others] = lists;
  if (response === undefined) return refuse('form', 'it holds no list of values');
  if (others.length > 0) return refuse('form', 'it holds more than one list of values');
  const entries = itemsOf(response[valuesAt]).map(itemsOf);
  return readingsOf(octetsOf(response[serverIdAt]), entries);
}

/** The items of the GetList.Res that a message is, else none. */
function responseOf(message: SmlNode): readonly (readonly SmlNode[])[] {
  const items = itemsOf(message);
  const [tag, body] = itemsOf(items[bodyAt]);
  const isResponse = tag?.kind === 'integer' && tag.value === getListResponse;
  return items.length === messageItems && isResponse ? [itemsOf(body)] : [];
}

function readingsOf(
  serverId: Uint8Array,
  entries: readonly (readonly SmlNode[])[],
): Result<SmlReadings, 'form'> {
  const values = new Map<string, PrintedValue>();
  const texts = new Map<string, Uint8Array>();
  let statusWord: bigint | undefined;
  for (const entry of entries) {
    const [name, status, , unit, scaler, value] = entry;
    const code = codeOf(octetsOf(name));
    if (entry.length !== entryItems || code === undefined) continue;
    if (values.has(code) || texts.has(code)) return refuse('form', `it holds ${code} twice`);
    if (value?.kind === 'octets' && value.bytes.length > 0) texts.set(code, value.bytes);
    const number = numberOf(value, scaler, unit);
    if (number === undefined || !isObis(code)) continue;
    values.set(code, number);
    if (status?.kind === 'integer' && number.unit === 'Wh') statusWord ??= status.value;
  }
  return accept({ serverId, values, texts, statusWord });
}

function numberOf(
  value: SmlNode | undefined,
  scaler: SmlNode | undefined,
  unit: SmlNode | undefined,
): PrintedValue | undefined {
  const name = unit?.kind === 'integer' ? units.get(unit.value) : undefined;
  if (value?.kind !== 'integer' || name === undefined) return undefined;
  // Left out it is 0.
  const exponent = scaler?.kind === 'integer' ? Number(scaler.value) : 0;
  if (exponent < -18 || exponent > 18) return undefined;
  return { mantissa: value.value, exponent, unit: name };
}

/** `0100010800ff` as `1-0:1.8.0*255`. */
function codeOf(bytes: Uint8Array): string | undefined {
  const [a, b, c, d, e, f] = bytes;
  return bytes.length === 6 ? `${a}-${b}:${c}.${d}.${e}*${f}` : undefined;
}

function itemsOf(node: SmlNode | undefined): readonly SmlNode[] {
  return node?.kind === 'list' ? node.items : [];
}

function octetsOf(node: SmlNode | undefined): Uint8Array {
  return node?.kind === 'octets' ? node.bytes : new Uint8Array();
}

/** For schemas: who speaks, and the key that it signs with, verbatim. */
export function identityText({ serverId, texts }: SmlReadings): string {
  const key = texts.get(publicKeyCode);
  return `sml ${toHex(serverId.subarray(0, 32))}${key ? ` key ${toHex(key.subarray(0, 96))}` : ''}`;
}
