// SPDX-License-Identifier: Apache-2.0
// The main log as a file that its operator hands to those who build gateways: JSON that a person can read and
// compare by voice. It is believed because of where it came from, so it holds no signature.

import { fromHex, toHex } from '../../base/bytes.ts';
import type { CborValue } from '../../base/cbor.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { firstPeriod, newestKeys } from './key-periods.ts';
import { generationOf, type MainLog, mainLogField } from './main-log.ts';
import type { KeyPeriod, KeyPeriods } from './retired-key.ts';

/** Of a log whose keys never changed hands, or as if they had not. */
export function formatMainLogFile(mainLog: MainLog): string {
  return formatKeyPeriods(firstPeriod(mainLog));
}

/**
 * JSON: `{origin, id, threshold, keys: [{name, publicKey}]}`, bytes in hex. After a change of keys also their
 * `generation`, the size of the log `from` which they count, and `before`, the older ones in the same form.
 */
export function formatKeyPeriods(periods: KeyPeriods): string {
  const { origin, id } = newestKeys(periods);
  const [newest = {}, ...before] = periods.toReversed().map(keysJson);
  const older = before.length === 0 ? {} : { before: before.reverse() };
  return `${JSON.stringify({ origin, id: toHex(id), ...newest, ...older }, null, 2)}\n`;
}

function keysJson({ mainLog, fromSize }: KeyPeriod) {
  const { threshold, keys } = mainLog;
  const generation = generationOf(mainLog);
  return {
    ...(generation === 0 ? {} : { generation, from: fromSize }),
    threshold,
    keys: keys.map(({ name, publicKey }) => ({ name, publicKey: toHex(publicKey) })),
  };
}

/** With the keys that count now. */
export function parseMainLogFile(text: string): Result<MainLog, 'main-log'> {
  const periods = parseKeyPeriods(text);
  return periods.ok ? accept(newestKeys(periods.value)) : periods;
}

/** With all keys that ever did. Text from an operator, checked like anything else from outside. */
export function parseKeyPeriods(text: string): Result<KeyPeriods, 'main-log'> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refuse('main-log', 'not JSON');
  }
  const file = asObject(parsed);
  const { origin, id, before = [] } = file;
  if (!Array.isArray(before) || before.length > limits.logKeyChangesMax) {
    return refuse('main-log', '`before` is no list of older keys');
  }
  const periods: KeyPeriod[] = [];
  for (const one of [...before.map(asObject), file]) {
    const read = keysIn({ ...one, origin, id });
    if (!read.ok) return read;
    const { from = 0 } = one;
    const last = periods.at(-1);
    const isNext = last === undefined || follows(last, { from, mainLog: read.value });
    if (!isInteger(from) || from < 0 || !isNext) {
      return refuse('main-log', 'generations of keys, or sizes that they count from, out of order');
    }
    periods.push({ mainLog: read.value, fromSize: from });
  }
  return accept(periods);
}

function follows(last: KeyPeriod, next: { readonly from: unknown; readonly mainLog: MainLog }) {
  return (
    isInteger(next.from) &&
    next.from > last.fromSize &&
    generationOf(next.mainLog) === generationOf(last.mainLog) + 1
  );
}

function keysIn(file: Readonly<Record<string, unknown>>): Result<MainLog, 'main-log'> {
  const { origin, id, threshold, keys, generation } = file;
  if (typeof origin !== 'string' || !isInteger(threshold) || !Array.isArray(keys)) {
    return refuse('main-log', 'it lacks `origin`, `threshold` (an integer) or `keys`');
  }
  const wire = mainLogField.read(
    new Map<number, CborValue>([
      [1, origin],
      [2, bytesOf(id)],
      [3, keys.map(asObject).map(({ name, publicKey }) => [bytesOf(publicKey), textOf(name)])],
      [4, threshold],
      ...(generation === undefined ? [] : [[5, isInteger(generation) ? generation : -1] as const]),
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
