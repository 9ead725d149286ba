// SPDX-License-Identifier: Apache-2.0
// What would make a schedule fit a line that it does not fit: each remedy is reckoned like the plan
// itself, and suffices alone.

import type { MeterConfig } from '../meter-config.ts';
import { type GroupLoad, type LineToPlan, loadsOf, shareOf } from './line-load.ts';

export type Remedy = { readonly share: number } & (
  | { readonly kind: 'period-of-all'; readonly factor: number }
  | { readonly kind: 'period-of-one'; readonly meter: string; readonly periodMs: number }
  | {
      /** A group of their own for all registers of a kind. */
      readonly kind: 'group';
      readonly registers: 'counter' | 'local';
      readonly periodMs: number;
    }
  | { readonly kind: 'baud-rate'; readonly baudRate: number }
  | {
      readonly kind: 'second-line';
      /** To be moved there. */
      readonly meters: readonly string[];
    }
);

const baudRates = [19_200, 38_400, 57_600, 115_200];
const groupPeriodMs = 60_000;
const groupKinds = ['counter', 'local'] as const;

export function remediesOf(line: LineToPlan, shareMax: number): readonly Remedy[] {
  const loads = loadsOf(line);
  return [
    periodOfAll(loads, shareMax),
    ...periodOfOne(loads, shareMax),
    ...groups(line),
    ...baudRate(line, shareMax),
    ...secondLine(loads, shareMax),
  ].filter(({ share }) => share <= shareMax);
}

function periodOfAll(loads: readonly GroupLoad[], shareMax: number): Remedy {
  const factor = Math.ceil((10 * shareOf(loads)) / shareMax) / 10;
  return { kind: 'period-of-all', factor, share: shareOf(loads) / factor };
}

/** Of the one that takes most, where that suffices. */
function periodOfOne(loads: readonly GroupLoad[], shareMax: number): readonly Remedy[] {
  const [largest] = byShare(loads);
  if (largest === undefined) return [];
  const others = shareOf(loads) - largest.share;
  if (others >= shareMax) return [];
  const periodMs = rounded(largest.readingMs / (shareMax - others));
  const share = others + largest.readingMs / periodMs;
  return [{ kind: 'period-of-one', meter: largest.meter, periodMs, share }];
}

function groups(line: LineToPlan): readonly Remedy[] {
  return groupKinds.map((kind) => {
    const rarer = (meter: MeterConfig): MeterConfig => ({
      ...meter,
      periods: [{ registers: [kind], periodMs: groupPeriodMs }, ...meter.periods],
    });
    const share = shareOf(loadsOf({ ...line, meters: line.meters.map(rarer) }));
    return { kind: 'group', registers: kind, periodMs: groupPeriodMs, share };
  });
}

/** The lowest that suffices. */
function baudRate(line: LineToPlan, shareMax: number): readonly Remedy[] {
  const { config } = line;
  if (!('serial' in config)) return [];
  for (const rate of baudRates.filter((faster) => faster > config.baudRate)) {
    const share = shareOf(loadsOf({ ...line, config: { ...config, baudRate: rate } }));
    if (share <= shareMax) return [{ kind: 'baud-rate', baudRate: rate, share }];
  }
  return [];
}

/** The fewest meters to move, where neither line is then too full. */
function secondLine(loads: readonly GroupLoad[], shareMax: number): readonly Remedy[] {
  const meters = [...new Set(byShare(loads).map(({ meter }) => meter))];
  const moved: string[] = [];
  for (const meter of meters.slice(0, -1)) {
    moved.push(meter);
    const away = shareOf(loads.filter((load) => moved.includes(load.meter)));
    const share = Math.max(away, shareOf(loads) - away);
    if (share <= shareMax) return [{ kind: 'second-line', meters: moved, share }];
  }
  return [];
}

function byShare(loads: readonly GroupLoad[]): readonly GroupLoad[] {
  return loads.toSorted((a, b) => b.share - a.share);
}

/** Up to a period that people would write. */
function rounded(periodMs: number): number {
  const step = periodMs < 10_000 ? 100 : 1_000;
  return step * Math.ceil(periodMs / step);
}
