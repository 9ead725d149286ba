// SPDX-License-Identifier: Apache-2.0
// Where the points of a model stand in a device that says how long its model is. Pure. A device may
// have less of a model than its definition, or more: what it has not is left out, what is more is
// not looked at, and neither is what comes after very many. Lengths and counts come from the device and
// may be anything.

import { limits } from '../../base/limits.ts';
import type { Group, Model, Point } from './model-definition.ts';

export type PlacedPoint = Point & {
  /** `W`, `Crv[1].Pt[3].V`; groups count from 1. */
  readonly path: string;
  /** Registers from the model's ID. */
  readonly offset: number;
  /** Of its scale factor, where it has one. */
  readonly scaleFactorOffset: number | undefined;
};

const headerLength = 2;

type Space = {
  /** Offset behind the model's last register. */
  readonly end: number;
  /** How often a group stands there, by the point that says so. */
  readonly countOf: (point: string) => number;
};

type Scope = ReadonlyMap<string, number>;

/** `length`: L as the device has it, registers after the header. */
export function layoutOf(
  { body }: Model,
  { length, countOf }: { readonly length: number; readonly countOf: Space['countOf'] },
): readonly PlacedPoint[] {
  const end = headerLength + Math.min(length, limits.sunspecModelRegistersMax);
  const space = { end, countOf };
  const placed: PlacedPoint[] = [];
  place(body, { path: '', offset: headerLength, scope: new Map() }, space, placed);
  return placed;
}

/** Returns the offset behind the group. */
function place(
  group: Group,
  at: { readonly path: string; readonly offset: number; readonly scope: Scope },
  space: Space,
  placed: PlacedPoint[],
): number {
  const offsets = offsetsOf(group, at.offset);
  const scope = new Map([...at.scope, ...offsets]);
  for (const point of group.points) {
    const offset = offsets.get(point.name) ?? space.end;
    const scaleFactorOffset =
      point.scaleFactor === undefined ? undefined : (scope.get(point.scaleFactor) ?? space.end);
    const isThere = offset + point.count <= space.end && (scaleFactorOffset ?? 0) < space.end;
    const path = at.path + point.name;
    if (isThere && point.type !== 'pad') placed.push({ ...point, path, offset, scaleFactorOffset });
  }
  let offset = at.offset + group.points.reduce((sum, { count }) => sum + count, 0);
  for (const inner of group.groups) {
    const count = repeatCount(inner, space);
    for (let i = 1; i <= count && offset < space.end; i++) {
      const name = inner.repeats === 'once' ? inner.name : `${inner.name}[${i}]`;
      offset = place(inner, { path: `${at.path}${name}.`, offset, scope }, space, placed);
    }
  }
  return offset;
}

/** However often the device says: there is no more than the model has registers. */
function repeatCount({ repeats }: Group, { end, countOf }: Space): number {
  if (repeats === 'once') return 1;
  return repeats === null ? end : Math.min(countOf(repeats), end);
}

function offsetsOf({ points }: Group, from: number): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  let offset = from;
  for (const { name, count } of points) {
    offsets.set(name, offset);
    offset += count;
  }
  return offsets;
}
