// SPDX-License-Identifier: Apache-2.0
// One value of a SunSpec device's packs: a point, the scale factor that is read together with it,
// and what it measures. A scale factor may be another in each answer; the value's own exponent stays.

import { mantissaOfFloat32, rescale, safeInteger } from '../../base/decimal.ts';
import { quality } from '../../base/quality.ts';
import type { DeviceValue, ReadValue } from '../device.ts';
import type { Span } from '../read-plan.ts';
import type { FoundModel } from './discovery.ts';
import type { PlacedPoint } from './layout.ts';
import type { Measured } from './measured.ts';
import { pointValue, scaleFactor } from './point-value.ts';

/** Spans the registers of the point and of its scale factor. */
export type SunspecValue = Span & {
  readonly value: DeviceValue;
  readonly point: PlacedPoint;
  readonly measured: Measured;
  /** Where in the span the two begin. */
  readonly pointAt: number;
  readonly scaleFactorAt: number | undefined;
};

export type Block = {
  readonly model: FoundModel;
  /** The first source or meter on AC is channel 0, the next one 1: group B of its OBIS codes. */
  readonly channel: number;
  /** Before each name, where there are several: `meter 1: `. */
  readonly prefix: string;
};

// SunSpec gives power factors of most models in percent.
const unitExponents: Readonly<Record<string, number>> = { Pct: -2 };

export function unitExponent({ unit }: PlacedPoint): number {
  return unitExponents[unit ?? ''] ?? 0;
}

/** `scale`: the scale factor when the device was found, as the resolution of the value. */
export function sunspecValue(
  block: Block,
  { point, measured, scale }: { point: PlacedPoint; measured: Measured; scale: number },
): SunspecValue {
  const { model, channel, prefix } = block;
  const { measurand } = measured;
  const exponent = Math.min(measurand.exponent, scale + unitExponent(point));
  const first = Math.min(point.offset, point.scaleFactorOffset ?? point.offset);
  const end = Math.max(point.offset + point.count, (point.scaleFactorOffset ?? 0) + 1);
  return {
    address: model.address + first,
    count: end - first,
    point,
    measured,
    pointAt: point.offset - first,
    scaleFactorAt:
      point.scaleFactorOffset === undefined ? undefined : point.scaleFactorOffset - first,
    value: {
      ...measurand,
      name: prefix + measurand.name,
      obis: measurand.obis.replace('-0:', `-${channel}:`),
      exponent,
      register: `sunspec ${model.id} ${point.path} ${model.address + point.offset} ${point.type}`,
      min: null,
      max: rolloverOf(point, { scale: scale + unitExponent(point), exponent }),
      maxStepPerSecond: null,
    },
  };
}

/** `words`: all of the span. */
export function readSunspecValue(one: SunspecValue, words: readonly number[]): ReadValue {
  const { point, measured, pointAt, scaleFactorAt, value } = one;
  const raw = pointValue(point.type, words.slice(pointAt, pointAt + point.count));
  const scale = scaleFactorAt === undefined ? 0 : scaleFactor(words[scaleFactorAt] ?? 0);
  if (raw.kind === 'absent' || raw.kind === 'text') return notImplemented;
  if (scale === undefined) return notImplemented;
  const from = scale + unitExponent(point);
  const mantissa =
    raw.kind === 'float'
      ? mantissaOfFloat32(raw.value, { exponent: value.exponent, scalePowerOfTen: from })
      : safeInteger(rescale(raw.value, { from, to: value.exponent }));
  if (mantissa === undefined) return { mantissa: null, quality: quality.notRepresentable };
  const isPlausible = value.max === null || mantissa <= value.max;
  // -0 is no integer of its own in a signed record.
  return {
    mantissa: measured.sign * mantissa + 0,
    quality: isPlausible ? quality.good : quality.outOfRange,
  };
}

const notImplemented = { mantissa: null, quality: quality.notImplemented } as const;

/** The last mantissa before a counter of 32 bits begins again from 0; others never do. */
function rolloverOf(
  { type }: PlacedPoint,
  { scale, exponent }: { readonly scale: number; readonly exponent: number },
): number | null {
  if (type !== 'acc32') return null;
  return safeInteger(rescale(1n << 32n, { from: scale, to: exponent }) - 1n) ?? null;
}
