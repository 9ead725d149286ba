// SPDX-License-Identifier: Apache-2.0
// Values as meters print them, `001581.123*kWh`, and the units of theirs in ours: exact, never through
// a float.

import { type Decimal, parseDecimal, rescale, safeInteger } from '../base/decimal.ts';

/** SenML's unit, and the power of ten from the printed one to it. */
export type PrintedUnit = { readonly unit: string; readonly powerOfTen: number };

const units: Readonly<Record<string, PrintedUnit>> = {
  wh: { unit: 'Wh', powerOfTen: 0 },
  kwh: { unit: 'Wh', powerOfTen: 3 },
  mwh: { unit: 'Wh', powerOfTen: 6 },
  varh: { unit: 'varh', powerOfTen: 0 },
  kvarh: { unit: 'varh', powerOfTen: 3 },
  vah: { unit: 'VAh', powerOfTen: 0 },
  kvah: { unit: 'VAh', powerOfTen: 3 },
  w: { unit: 'W', powerOfTen: 0 },
  kw: { unit: 'W', powerOfTen: 3 },
  var: { unit: 'var', powerOfTen: 0 },
  kvar: { unit: 'var', powerOfTen: 3 },
  va: { unit: 'VA', powerOfTen: 0 },
  kva: { unit: 'VA', powerOfTen: 3 },
  v: { unit: 'V', powerOfTen: 0 },
  a: { unit: 'A', powerOfTen: 0 },
  hz: { unit: 'Hz', powerOfTen: 0 },
  m3: { unit: 'm3', powerOfTen: 0 },
  gj: { unit: 'J', powerOfTen: 9 },
  mj: { unit: 'J', powerOfTen: 6 },
};

/** undefined for a unit that is not measured in, e.g. seconds of an outage. */
export function unitOf(printed: string): PrintedUnit | undefined {
  const key = printed.toLowerCase();
  return Object.hasOwn(units, key) ? units[key] : undefined;
}

export type PrintedValue = Decimal & { readonly unit: string };

/** `001581.123*kWh` as 1581123 × 10^0 Wh; undefined for any other form. */
export function parsePrinted(text: string): PrintedValue | undefined {
  const star = text.indexOf('*');
  return star < 0 ? undefined : printedValue(text.slice(0, star), text.slice(star + 1));
}

/** The same, where number and unit are printed apart. */
export function printedValue(number: string, printedUnit: string): PrintedValue | undefined {
  const unit = unitOf(printedUnit);
  const decimal = parseDecimal(number);
  if (unit === undefined || decimal === undefined) return undefined;
  const exponent = decimal.exponent + unit.powerOfTen;
  if (exponent < -18 || exponent > 18) return undefined;
  return { mantissa: decimal.mantissa, exponent, unit: unit.unit };
}

/** As a mantissa of a pack; undefined where it is no safe integer there. */
export function mantissaAt(value: Decimal, exponent: number): number | undefined {
  return safeInteger(rescale(value.mantissa, { from: value.exponent, to: exponent }));
}
