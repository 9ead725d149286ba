// SPDX-License-Identifier: Apache-2.0
// What may be set at the simulated SunSpec device: the limits of models 123 and 704, each with its
// reversion timer, and two coils. A limit whose time is over ends by itself, as in a real device.

import { layoutOf, type PlacedPoint } from '../sunspec/layout.ts';
import { findModel } from '../sunspec/models.ts';
import type { SunspecModel } from './sunspec-registers.ts';

type Points = Record<string, number>;

type Limit = {
  readonly id: number;
  readonly length: number;
  readonly points: Points;
  readonly enable: string;
  readonly timer: string;
  /** When it ends by itself. */
  endsMs: number | undefined;
};

export class PlantControls {
  readonly #immediate: Limit = {
    ...{ id: 123, length: 24, enable: 'WMaxLim_Ena', timer: 'WMaxLimPct_RvrtTms' },
    points: {
      ...{ Conn: 1, WMaxLimPct: 1_000, WMaxLimPct_WinTms: 0, WMaxLimPct_RvrtTms: 0 },
      ...{ WMaxLimPct_RmpTms: 0, WMaxLim_Ena: 0, WMaxLimPct_SF: -1 },
    },
    endsMs: undefined,
  };
  readonly #resource: Limit = {
    ...{ id: 704, length: 65, enable: 'WMaxLimPctEna', timer: 'WMaxLimPctRvrtTms' },
    points: {
      ...{ WMaxLimPctEna: 0, WMaxLimPct: 1_000, WMaxLimPctRvrt: 1_000, WMaxLimPctEnaRvrt: 0 },
      ...{ WMaxLimPctRvrtTms: 0, WMaxLimPctRvrtRem: 0, WMaxLimPct_SF: -1 },
    },
    endsMs: undefined,
  };
  readonly coils: [number, number] = [0, 0];
  readonly #limits: readonly Limit[];

  /** `only`: the model that there is, where there are not both. */
  constructor(only?: number) {
    const all = [this.#immediate, this.#resource];
    this.#limits = all.filter(({ id }) => only === undefined || id === only);
  }

  models(): readonly SunspecModel[] {
    return this.#limits;
  }

  /** Of its rating, that may be given at most: 0 to 1. */
  share(): number {
    const on = this.#limits.filter(({ points, enable }) => points[enable] === 1);
    return Math.min(1, ...on.map(({ points }) => Number(points.WMaxLimPct) / 1_000));
  }

  /** Ends what is over. */
  advance(timeMs: number): void {
    for (const limit of this.#limits) {
      const leftMs = limit.endsMs === undefined ? undefined : limit.endsMs - timeMs;
      if (leftMs !== undefined && leftMs <= 0) {
        limit.points[limit.enable] = 0;
        limit.endsMs = undefined;
      }
      if (limit === this.#resource) {
        limit.points.WMaxLimPctRvrtRem = Math.ceil(Math.max(0, leftMs ?? 0) / 1_000);
      }
    }
  }

  /** `offset`: from the model's ID. Whether all of it is registers that may be set. */
  write(
    id: number,
    { offset, words, timeMs }: { offset: number; words: readonly number[]; timeMs: number },
  ): boolean {
    const limit = this.#limits.find((one) => one.id === id);
    const model = findModel(id);
    if (limit === undefined || model === undefined) return false;
    const touched = layoutOf(model, { length: limit.length, countOf: () => 0 }).filter(
      (point) => point.offset < offset + words.length && point.offset + point.count > offset,
    );
    const isWhole = (point: PlacedPoint) =>
      point.offset >= offset && point.offset + point.count <= offset + words.length;
    const isKnown = ({ path, type }: PlacedPoint) =>
      limit.points[path] !== undefined && type !== 'sunssf';
    if (touched.length === 0 || !touched.every((one) => isWhole(one) && isKnown(one))) return false;
    for (const { path, offset: at, count } of touched) {
      const value = words.slice(at - offset, at - offset + count);
      limit.points[path] = value.reduce((sum, word) => sum * 0x1_0000 + word, 0);
    }
    this.#start(limit, timeMs);
    return true;
  }

  #start(limit: Limit, timeMs: number): void {
    const seconds = limit.points[limit.timer] ?? 0;
    const isTimed = limit.points[limit.enable] === 1 && seconds > 0;
    limit.endsMs = isTimed ? timeMs + 1_000 * seconds : undefined;
    this.advance(timeMs);
  }
}
