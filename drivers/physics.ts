// SPDX-License-Identifier: Apache-2.0
// What one reading's values say of each other. A meter read with the wrong map, ratio or word order
// gives numbers that are plausible one by one, and impossible together. Bounds are wide: values of
// one reading are not of one instant, and distortion makes definitions differ. Invariant: what a
// sound meter may say is never named.

import type { DeviceValue, ReadValue } from './device.ts';

/** Apparent power is volts times amperes; active power never exceeds it, but for resolution. */
const shareMax = 1.1;
/** Two ways to the same power may differ by this share of the apparent power. */
const factorShareMax = 0.25;
/** Power below this share of volts × amperes × power factor is of another scale: kW that were read as W.
 * So little, because a factor may be that of the fundamental alone, while amperes count all harmonics. */
const factorShareMin = 0.4;
/** Below this many watts resolution and start-up currents decide. */
const wattsMin = 30;

type Named = readonly { readonly value: DeviceValue; readonly place: number }[];

const phases = ['32 31 36', '52 51 56', '72 71 76'].map((codes) => {
  const [volts = '', amperes = '', watts = ''] = codes.split(' ').map(instantaneous);
  return { volts, amperes, watts };
});
const totalWatts = instantaneous('16');
const totalFactor = instantaneous('13');

function instantaneous(c: string): string {
  return `1-0:${c}.7.0*255`;
}

/** Places of the values that contradict each other; empty where nothing does. */
export function contradictions(
  values: readonly DeviceValue[],
  reading: readonly ReadValue[],
): ReadonlySet<number> {
  const named = values.map((value, place) => ({ value, place }));
  const found = new Set<number>();
  const at = (obis: string) => quantityAt(named, reading, obis);
  const known = phases.map(({ volts, amperes, watts }) => ({
    volts: at(volts),
    amperes: at(amperes),
    watts: at(watts),
  }));
  for (const { volts, amperes, watts } of known) {
    if (volts === undefined || amperes === undefined || watts === undefined) continue;
    const apparent = Math.abs(volts.amount * amperes.amount);
    if (Math.abs(watts.amount) > apparent * shareMax + wattsMin) {
      for (const { place } of [volts, amperes, watts]) found.add(place);
    }
  }
  const total = at(totalWatts);
  const apparent = apparentOf(known);
  if (total === undefined) return found;
  if (apparent !== undefined && Math.abs(total.amount) > apparent * shareMax + wattsMin) {
    found.add(total.place);
  }
  addFactor({ total, factor: at(totalFactor), apparent, flowsOneWay: flowsOneWay(known) }, found);
  addSum({ total, parts: known.map(({ watts }) => watts), phaseCount: phaseCountOf(known) }, found);
  return found;
}

type Quantity = { readonly amount: number; readonly place: number };

/** undefined where the device has none, or none was read this time. */
function quantityAt(
  named: Named,
  reading: readonly ReadValue[],
  obis: string,
): Quantity | undefined {
  const found = named.find(({ value }) => value.obis === obis);
  const mantissa = found && reading[found.place]?.mantissa;
  if (found === undefined || mantissa === undefined || mantissa === null) return undefined;
  return { amount: mantissa * 10 ** found.value.exponent, place: found.place };
}

type Phase = {
  readonly volts: Quantity | undefined;
  readonly amperes: Quantity | undefined;
  readonly watts: Quantity | undefined;
};

function phaseCountOf(known: readonly Phase[]): number {
  return known.filter(({ volts }) => volts !== undefined).length;
}

/** Of all phases that have a voltage; undefined where one of them lacks its current. */
function apparentOf(known: readonly Phase[]): number | undefined {
  const measured = known.filter(({ volts }) => volts !== undefined);
  if (measured.length === 0) return undefined;
  let sum = 0;
  for (const { volts, amperes } of measured) {
    if (volts === undefined || amperes === undefined) return undefined;
    sum += Math.abs(volts.amount * amperes.amount);
  }
  return sum;
}

/** One phase, or all of them draw or feed in. */
function flowsOneWay(known: readonly Phase[]): boolean {
  const measured = known.filter(({ volts }) => volts !== undefined);
  if (measured.length === 1) return true;
  const signs = measured.map(({ watts }) => Math.sign(watts?.amount ?? Number.NaN));
  return signs.every((sign) => sign === signs[0] && sign !== 0);
}

function addFactor(
  given: {
    readonly total: Quantity;
    readonly factor: Quantity | undefined;
    readonly apparent: number | undefined;
    readonly flowsOneWay: boolean;
  },
  found: Set<number>,
): void {
  const { total, factor, apparent, flowsOneWay } = given;
  if (factor === undefined || apparent === undefined) return;
  if (Math.abs(factor.amount) > 1) {
    found.add(factor.place);
    return;
  }
  const expected = apparent * Math.abs(factor.amount);
  const tolerance = apparent * factorShareMax + wattsMin;
  const isTooMuch = Math.abs(total.amount) > expected + tolerance;
  // Where phases feed in and others draw, amounts cancel out in the total.
  const isTooLittle = flowsOneWay && Math.abs(total.amount) < expected * factorShareMin - wattsMin;
  if (isTooMuch || isTooLittle) {
    found.add(total.place);
    found.add(factor.place);
  }
}

function addSum(
  given: {
    readonly total: Quantity;
    readonly parts: readonly (Quantity | undefined)[];
    readonly phaseCount: number;
  },
  found: Set<number>,
): void {
  const parts = given.parts.filter((part) => part !== undefined);
  if (parts.length === 0 || parts.length < given.phaseCount) return;
  const sum = parts.reduce((watts, { amount }) => watts + amount, 0);
  const size = parts.reduce((watts, { amount }) => watts + Math.abs(amount), 0);
  if (Math.abs(sum - given.total.amount) <= size * factorShareMax + wattsMin) return;
  for (const { place } of [given.total, ...parts]) found.add(place);
}
