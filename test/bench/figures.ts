// SPDX-License-Identifier: Apache-2.0
// Figures with their aims, beside those of others.

import { table } from '../../drivers/commands/table.ts';

export type Figure = {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Of several runs, where there were several. */
  readonly least?: number;
  readonly most?: number;
  readonly aim?: string;
  /** What others make of the same work. */
  readonly beside?: Readonly<Record<string, number>>;
};

/** The median of the values, with the least and the most. */
export function median(values: readonly number[]): Pick<Figure, 'value' | 'least' | 'most'> {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (place: number): number => sorted[place] ?? 0;
  return {
    value: at(Math.floor((sorted.length - 1) / 2)),
    ...(sorted.length > 1 ? { least: at(0), most: at(sorted.length - 1) } : {}),
  };
}

export function figuresText(figures: readonly Figure[]): string {
  return table(
    figures.map(({ name, unit, value, least, most, aim, beside = {} }) => [
      name,
      shown(value),
      least === undefined || most === undefined ? '' : `(${shown(least)}–${shown(most)})`,
      unit,
      aim === undefined ? '' : `aim ${aim}`,
      Object.entries(beside)
        .map(([other, theirs]) => `${other} ${shown(theirs)}`)
        .join(', '),
    ]),
    { right: [1] },
  );
}

function shown(value: number): string {
  return value >= 1_000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
