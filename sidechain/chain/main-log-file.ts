// SPDX-License-Identifier: Apache-2.0
// The main log as a file that its operator hands to those who build gateways: JSON that a person can read and
// compare by voice. It is believed because of where it came from, so it holds no signature.

import { fromHex, toHex } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { type MainLog, mainLogField } from './main-log.ts';

/** JSON: `{origin, id, threshold, keys: [{name, publicKey}]}`, bytes in hex. */
export function formatMainLogFile({ origin, id, threshold, keys }: MainLog): string {
  const written = {
    origin,
    id: toHex(id),
    threshold,
    keys: keys.map(({ name, publicKey }) => ({ name, publicKey: toHex(publicKey) })),
  };
  return `${JSON.stringify(written, null, 2)}\n`;
}

/** Text from an operator, checked like anything else from outside. */
export function parseMainLogFile(text: string): Result<MainLog, 'main-log'> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refuse('main-log', 'not JSON');
  }
  const { origin, id, threshold, keys } = asObject(parsed);
  if (typeof origin !== 'string' || !isInteger(threshold) || !Array.isArray(keys)) {
    return refuse('main-log', 'it lacks `origin`, `threshold` (an integer) or `keys`');
  }
  const wire = mainLogField.read(
    new Map<number, string | number | Uint8Array | (string | Uint8Array)[][]>([
      [1, origin],
      [2, bytesOf(id)],
      [3, keys.map(asObject).map(({ name, publicKey }) => [bytesOf(publicKey), textOf(name)])],
      [4, threshold],
    ]),
    'main log',
  );
  return wire.ok ? accept(wire.value) : refuse('main-log', wire.detail);
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** Nothing where it is no text, which is then no name. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Nothing where it is not hex, which is then of the wrong length. */
function bytesOf(value: unknown): Uint8Array {
  return (typeof value === 'string' ? fromHex(value) : undefined) ?? new Uint8Array();
}
