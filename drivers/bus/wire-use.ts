// SPDX-License-Identifier: Apache-2.0
// What a device that had to be asked what it is takes on its line: learned when it was found, for whoever
// plans later. Pure.

import { limits } from '../../base/limits.ts';
import type { Device, ExchangeSize } from '../device.ts';

type Sizes = readonly (readonly [sentBytes: number, answerBytes: number])[];

/** As it is kept: bytes sent and answered of each exchange. */
export type WireUse = {
  readonly reading: Sizes;
  /** Once a minute besides: what it has signed. */
  readonly perMinute: Sizes;
};

export function wireUseOf({ exchanges, exchangesPerMinute = [] }: Device): WireUse {
  return { reading: exchanges.map(sizeOf), perMinute: exchangesPerMinute.map(sizeOf) };
}

export function exchangesOfUse(sizes: Sizes): readonly ExchangeSize[] {
  return sizes.map(([sentBytes, answerBytes]) => ({ sentBytes, answerBytes }));
}

/** undefined where it is none: a file may hold anything. */
export function readWireUse(value: unknown): WireUse | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { reading, perMinute } = value as Readonly<Record<string, unknown>>;
  return isSizes(reading) && isSizes(perMinute) ? { reading, perMinute } : undefined;
}

function sizeOf({ sentBytes, answerBytes }: ExchangeSize) {
  return [sentBytes, answerBytes] as const;
}

function isSizes(value: unknown): value is Sizes {
  const isCount = (one: unknown) => Number.isSafeInteger(one) && (one as number) >= 0;
  return (
    Array.isArray(value) &&
    value.length <= limits.sunspecModelsMax &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isCount))
  );
}
