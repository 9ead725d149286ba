// SPDX-License-Identifier: Apache-2.0
// SunSpec models as registers: marker, each model with its points, end. A point that is not given is
// not implemented.

import { assert } from '../../base/assert.ts';
import { layoutOf, type PlacedPoint } from '../sunspec/layout.ts';
import { findModel } from '../sunspec/models.ts';
import type { RegisterImage } from './image.ts';

export type SunspecModel = {
  readonly id: number;
  /** L: registers after ID and L. */
  readonly length: number;
  /** By path; numbers raw, before the scale factor. */
  readonly points: Readonly<Record<string, number | string>>;
};

/** `address`: of the marker. */
export function sunspecRegisters(address: number, models: readonly SunspecModel[]): RegisterImage {
  const words = [0x5375, 0x6e53, ...models.flatMap(modelWords), 0xffff, 0];
  return new Map(words.map((word, i) => [address + i, word]));
}

function modelWords({ id, length, points }: SunspecModel): readonly number[] {
  const model = findModel(id);
  assert(model !== undefined, `model ${id} is known`);
  const words = Array.from({ length: 2 + length }, () => 0x8000);
  words.splice(0, 2, id, length);
  const countOf = (name: string) => Number(points[name] ?? 0);
  for (const point of layoutOf(model, { length, countOf })) {
    words.splice(point.offset, point.count, ...pointWords(point, points[point.path]));
  }
  return words;
}

function pointWords(
  { type, count }: PlacedPoint,
  value: number | string | undefined,
): readonly number[] {
  const view = new DataView(new ArrayBuffer(2 * count));
  if (type === 'string') {
    const bytes = new TextEncoder().encode(String(value ?? ''));
    for (const [i, byte] of bytes.subarray(0, 2 * count).entries()) view.setUint8(i, byte);
  } else if (type === 'float32') {
    view.setFloat32(0, value === undefined ? Number.NaN : Number(value));
  } else {
    const raw =
      value === undefined ? notImplemented(type, count) : BigInt(Math.round(Number(value)));
    for (let i = 0; i < count; i++) {
      view.setUint16(2 * i, Number(BigInt.asUintN(16, raw >> BigInt(16 * (count - 1 - i)))));
    }
  }
  return Array.from({ length: count }, (_, i) => view.getUint16(2 * i));
}

function notImplemented(type: PlacedPoint['type'], count: number): bigint {
  if (type.startsWith('acc')) return 0n;
  const isSigned = type.startsWith('int') || type === 'sunssf';
  return isSigned ? 1n << BigInt(16 * count - 1) : (1n << BigInt(16 * count)) - 1n;
}
