// SPDX-License-Identifier: Apache-2.0
// Registers of a point to its value (SunSpec Device Information Model, data types). What a device
// does not implement it says by a reserved value for each type: that is no number, and becomes
// none. The bytes come from a wire and may be anything.

import { assert } from '../../base/assert.ts';
import type { PointType } from './model-definition.ts';

export type PointValue =
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'text'; readonly text: string }
  /** The device does not implement the point, or has no value now. */
  | { readonly kind: 'absent' };

const absent = { kind: 'absent' } as const;

type IntegerType = Exclude<PointType, 'float32' | 'string'>;

/** What stands for "not implemented", as a raw unsigned value. */
const reserved: Readonly<Record<IntegerType, bigint>> = {
  int16: 0x8000n,
  uint16: 0xffffn,
  count: 0xffffn,
  enum16: 0xffffn,
  bitfield16: 0xffffn,
  sunssf: 0x8000n,
  pad: 0x8000n,
  int32: 0x8000_0000n,
  uint32: 0xffff_ffffn,
  acc32: 0n,
  bitfield32: 0xffff_ffffn,
  uint64: 0xffff_ffff_ffff_ffffn,
  acc64: 0n,
};

const topBit32 = 0x8000_0000n;
const scaleFactorMax = 10n;

/** `words`: as many as the point takes. */
export function pointValue(type: PointType, words: readonly number[]): PointValue {
  assert(words.length > 0, 'a point takes at least one register');
  if (type === 'string') return textOf(words);
  const raw = words.reduce((sum, word) => (sum << 16n) | BigInt(word), 0n);
  if (type === 'float32') return floatOf(Number(raw));
  const isUnset = raw === reserved[type] || (type === 'bitfield32' && raw >= topBit32);
  if (isUnset) return absent;
  const isSigned = type === 'int16' || type === 'int32' || type === 'sunssf';
  return { kind: 'integer', value: isSigned ? BigInt.asIntN(16 * words.length, raw) : raw };
}

/** The power of ten; undefined where there is none, or none that a scale factor may be. */
export function scaleFactor(word: number): number | undefined {
  const value = pointValue('sunssf', [word]);
  if (value.kind !== 'integer') return undefined;
  const isSane = value.value >= -scaleFactorMax && value.value <= scaleFactorMax;
  return isSane ? Number(value.value) : undefined;
}

function floatOf(raw: number): PointValue {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, raw);
  const value = view.getFloat32(0);
  return Number.isFinite(value) ? { kind: 'float', value } : absent;
}

/** UTF-8 up to the first NUL; devices pad with blanks, too. What is no text shows as U+FFFD. */
function textOf(words: readonly number[]): PointValue {
  const bytes = Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 0xff]));
  const end = bytes.indexOf(0);
  const text = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)).trim();
  return text === '' ? absent : { kind: 'text', text };
}
