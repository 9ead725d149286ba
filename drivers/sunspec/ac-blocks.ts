// SPDX-License-Identifier: Apache-2.0
// What of a SunSpec device goes into its packs: its AC source and its AC meters, each a channel of
// its own, with the points that have an OBIS code and a value. Pure.

import type { Discovery, FoundModel } from './discovery.ts';
import { layoutOf, type PlacedPoint } from './layout.ts';
import { acModels, type Measured } from './measured.ts';
import { findModel } from './models.ts';
import { pointValue, scaleFactor } from './point-value.ts';
import { type Block, type SunspecValue, sunspecValue } from './sunspec-value.ts';

const commonModel = 1;

/** Many devices give the same values by several models, as integers and as floats: of an inverter one
 * is taken. A common model begins the next device of those that share a unit. */
export function acBlocks({ models }: Pick<Discovery, 'models'>): readonly Block[] {
  const chosen = devicesOf(models).flatMap((device) => {
    const of = (kind: 'source' | 'meter') =>
      device.filter(({ id }) => acModels.get(id)?.kind === kind);
    const order = [...acModels.keys()];
    const [source] = of('source').toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
    return source === undefined ? of('meter') : [source, ...of('meter')];
  });
  const kindOf = ({ id }: FoundModel) =>
    acModels.get(id)?.kind === 'meter' ? 'meter' : 'inverter';
  return chosen.map((model, channel) => {
    const kind = kindOf(model);
    const alike = chosen.filter((other) => kindOf(other) === kind);
    const name = alike.length > 1 ? `${kind} ${alike.indexOf(model) + 1}` : kind;
    return { model, channel, prefix: chosen.length > 1 ? `${name}: ` : '' };
  });
}

function devicesOf(models: readonly FoundModel[]): readonly (readonly FoundModel[])[] {
  const devices: FoundModel[][] = [[]];
  for (const model of models) {
    if (model.id === commonModel) devices.push([]);
    devices.at(-1)?.push(model);
  }
  return devices;
}

/** Registers by address, as far as they could be read. */
export type Words = ReadonlyMap<number, number>;

export function valuesOf(block: Block, words: Words): readonly SunspecValue[] {
  const { id, address, length } = block.model;
  const model = findModel(id);
  const measured = acModels.get(id)?.measured ?? [];
  if (model === undefined) return [];
  const layout = layoutOf(model, { length, countOf: () => 0 });
  const points = new Map(layout.map((point) => [point.path, point]));
  const wordAt = (offset: number) => words.get(address + offset);
  return measured.flatMap((one) => {
    const point = points.get(one.point);
    if (point === undefined) return [];
    const { scaleFactorOffset } = point;
    const scale =
      scaleFactorOffset === undefined ? 0 : scaleFactor(wordAt(scaleFactorOffset) ?? unset);
    const isThere = scale !== undefined && hasValue(point, wordAt);
    if (!isThere && !one.always) return [];
    return [
      sunspecValue(block, { point, measured: one, scale: scale ?? defaultScale(one, point) }),
    ];
  });
}

const unset = 0x8000;

function hasValue(
  { type, offset, count }: PlacedPoint,
  wordAt: (offset: number) => number | undefined,
): boolean {
  const words = Array.from({ length: count }, (_, i) => wordAt(offset + i));
  const known = words.filter((word) => word !== undefined);
  return known.length === count && pointValue(type, known).kind !== 'absent';
}

/** Where the device says none now. */
function defaultScale({ measurand }: Measured, { unit }: PlacedPoint): number {
  return measurand.exponent + (unit === 'Pct' ? 2 : 0);
}
