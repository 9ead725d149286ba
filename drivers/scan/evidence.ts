// SPDX-License-Identifier: Apache-2.0
// How well a reading fits the map it was read with. Many maps give some number at every address, so
// a fit is made of what cannot be chance: mains voltage and frequency where they should be, and a
// load whose power is what volts and amperes make of it. A map without both needs a load that is the
// sum of its phases.

import { quality } from '../../base/quality.ts';
import type { DeviceValue, ReadValue } from '../device.ts';
import { contradictions } from '../physics.ts';

export type Fit = {
  /** More is better; undefined where the map is wrong. */
  readonly points: number | undefined;
  readonly reasons: readonly string[];
  /** Power was measured and holds against volts and amperes. */
  readonly isProven: boolean;
  /** Registers that are zero: of two maps that explain as much, the one with fewer claims less. */
  readonly emptyCount: number;
};

const wattsToProve = 50;
const answeredShareMin = 0.8;

type Known = { readonly value: DeviceValue; readonly amount: number };

export function fitOf(values: readonly DeviceValue[], reading: readonly ReadValue[]): Fit {
  const known = values.flatMap((value, i): readonly Known[] => {
    const mantissa = reading[i]?.mantissa;
    if (mantissa === null || mantissa === undefined) return [];
    return [{ value, amount: mantissa * 10 ** value.exponent }];
  });
  const against = reasonAgainst(values, reading, known);
  if (against !== undefined) {
    return { points: undefined, reasons: [against], isProven: false, emptyCount: 0 };
  }
  const volts = known.filter(({ value, amount }) => value.unit === 'V' && amount > 0);
  const hertz = known.filter(({ value }) => value.unit === 'Hz');
  const loads = known.filter(
    ({ value, amount }) => value.unit === 'W' && Math.abs(amount) > wattsToProve,
  );
  const counters = known.filter(({ value, amount }) => value.kind === 'counter' && amount > 0);
  const isProven = volts.length > 0 && loads.length > 0;
  const reasons = [
    ...volts.map(({ value, amount }) => `${value.name} ${amount.toFixed(1)} V`),
    ...hertz.map(({ amount }) => `${amount.toFixed(2)} Hz`),
    ...(isProven ? ['power is what volts, amperes and power factor make of it'] : []),
    ...(counters.length > 0 ? [`${counters.length} energy counters above zero`] : []),
  ];
  const found =
    2 * volts.length + 2 * hertz.length + (isProven ? 3 : 0) + counters.length + loads.length;
  // What the device refuses is not in its map.
  const points = found - (values.length - known.length);
  const emptyCount = known.filter(({ amount }) => amount === 0).length;
  return { points, reasons, isProven, emptyCount };
}

/** Mains voltages from a generator's 80 V to a phase-to-phase 500 V, and frequencies of grids. */
function reasonAgainst(
  values: readonly DeviceValue[],
  reading: readonly ReadValue[],
  known: readonly Known[],
): string | undefined {
  if (known.length < values.length * answeredShareMin) {
    return `${known.length} of ${values.length} registers answer`;
  }
  const outside = reading.findIndex((one) => one.quality === quality.outOfRange);
  const implausible = values[outside];
  if (implausible !== undefined) return `${implausible.name} is out of range`;
  const isMains = ({ value, amount }: Known) =>
    (value.unit === 'V' && amount >= 80 && amount <= 500) ||
    (value.unit === 'Hz' && amount >= 45 && amount <= 65);
  const namesMains = values.some(({ unit }) => unit === 'V' || unit === 'Hz');
  if (namesMains && !known.some(isMains)) return 'neither a mains voltage nor a frequency';
  if (!namesMains && !hasSummedLoad(known)) return 'no load that is the sum of its phases';
  const hertz = known.find(({ value }) => value.unit === 'Hz');
  if (hertz !== undefined && !isMains(hertz)) return 'no grid has such a frequency';
  if (contradictions(values, reading).size > 0) return 'its values contradict each other';
  return undefined;
}

/** That the sum is right, `contradictions` looks at. */
function hasSummedLoad(known: readonly Known[]): boolean {
  const loads = known.filter(({ value }) => value.unit === 'W');
  return loads.length > 3 && loads.every(({ amount }) => Math.abs(amount) > wattsToProve);
}
