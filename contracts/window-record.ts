// SPDX-License-Identifier: Apache-2.0
// One device in one window, as it stands in state: a part for each schema that it sent packs of,
// usually one.

import type { CborValue } from '../base/cbor.ts';
import { type Accumulator, noReadings, readAccumulator, writeAccumulator } from './accumulator.ts';
import { type Layout, sameLayout } from './layout.ts';
import type { Runs } from './runs.ts';

export type Part = {
  readonly layout: Layout;
  /** When packs came, whatever was in them. */
  readonly heard: Runs;
  readonly duplicates: number;
  /** A gateway stamped one of the packs by a clock that was never set. */
  readonly clockUnset: boolean;
  /** One for each of the layout's registers. */
  readonly registers: readonly Accumulator[];
};

export type WindowRecord = {
  /** How often its summaries were put out; the number of the next revision. */
  readonly published: number;
  readonly parts: readonly Part[];
};

export const emptyWindow: WindowRecord = Object.freeze({ published: 0, parts: [] });

export function partOf(window: WindowRecord, layout: Layout): Part | undefined {
  return window.parts.find((part) => sameLayout(part.layout, layout));
}

export function newPart(layout: Layout): Part {
  return {
    ...{ layout, heard: [], duplicates: 0, clockUnset: false },
    registers: layout.registers.map(() => noReadings),
  };
}

export function withPart(window: WindowRecord, part: Part): WindowRecord {
  const place = window.parts.findIndex((other) => sameLayout(other.layout, part.layout));
  const parts = place === -1 ? [...window.parts, part] : window.parts.with(place, part);
  return { ...window, parts };
}

type Written = readonly [
  published: number,
  parts: readonly (readonly [
    id: Uint8Array,
    heard: Runs,
    duplicates: number,
    clockUnset: boolean,
    registers: readonly CborValue[],
  ])[],
];

export function writeWindow(window: WindowRecord): CborValue {
  return [
    window.published,
    window.parts.map(({ layout, heard, duplicates, clockUnset, registers }) => [
      layout.id,
      heard,
      duplicates,
      clockUnset,
      registers.map(writeAccumulator),
    ]),
  ];
}

/** Reads only what `writeWindow` wrote: our own state, whose hash was checked. */
export function readWindow(state: CborValue, layoutById: (id: Uint8Array) => Layout): WindowRecord {
  const [published, parts] = state as Written;
  return {
    published,
    parts: parts.map(([id, heard, duplicates, clockUnset, registers]) => ({
      ...{ layout: layoutById(id), heard, duplicates, clockUnset },
      registers: registers.map(readAccumulator),
    })),
  };
}
