// SPDX-License-Identifier: Apache-2.0
// What is kept of a device between its windows: which schemas are in force, which windows are in
// state, and the last readings from windows that are no longer.

import type { CborValue } from '../base/cbor.ts';
import { limits } from '../base/limits.ts';
import { type Layout, sameLayout, supersedes } from './layout.ts';
import type { Reading } from './step.ts';

export type InForce = { readonly layout: Layout; readonly sinceMs: number };

/** A reading by Unix time (`atMs`), and whose it is. */
export type Carried = { readonly layout: Layout; readonly reading: Reading };

export type Gap = { readonly fromMs: number; readonly toMs: number; readonly reason: string };

export type Device = {
  /** Block time of its first schema. */
  readonly knownSinceMs: number;
  readonly inForce: readonly InForce[];
  /** Numbers of its windows in state, rising. */
  readonly windows: readonly number[];
  /** By OBIS code. */
  readonly carried: ReadonlyMap<string, Carried>;
  /** Packs since the last notice that belong to no window in state. */
  readonly late: number;
  readonly early: number;
  /** The newest that its gateway stated. */
  readonly gap: Gap | undefined;
};

export function newDevice(knownSinceMs: number): Device {
  return {
    ...{ knownSinceMs, inForce: [], windows: [], carried: new Map(), late: 0, early: 0 },
    gap: undefined,
  };
}

/** In force from now on, for its device has shown that it goes by this schema. */
export function withSchema(device: Device, layout: Layout, sinceMs: number): Device {
  const others = device.inForce.filter((other) => !supersedes(layout, other.layout));
  return {
    ...device,
    inForce: [...others, { layout, sinceMs }].slice(-limits.schemasInForceMax),
  };
}

/** Whether a pack of this schema, read then, shows that the schema is in force again: those that
 * took its place are older than the pack. */
export function isBackInForce(device: Device, layout: Layout, timeMs: number): boolean {
  if (device.inForce.some((other) => sameLayout(other.layout, layout))) return false;
  return device.inForce.every(
    (other) => !supersedes(layout, other.layout) || other.sinceMs < timeMs,
  );
}

export function withWindow(device: Device, number: number): Device {
  const after = device.windows.findIndex((other) => other > number);
  const place = after === -1 ? device.windows.length : after;
  return { ...device, windows: device.windows.toSpliced(place, 0, number) };
}

type Written = readonly [
  knownSinceMs: number,
  inForce: readonly (readonly [id: Uint8Array, sinceMs: number])[],
  windows: readonly number[],
  carried: readonly (readonly [
    id: Uint8Array,
    readings: readonly (readonly [index: number, mantissa: number, timeMs: number])[],
  ])[],
  late: number,
  early: number,
  gap: readonly [fromMs: number, toMs: number, reason: string] | null,
];

/** As it stands in state. Carried readings are grouped, for schema ids are long. */
export function writeDevice(device: Device): CborValue {
  const groups: [Layout, [number, number, number][]][] = [];
  for (const [obis, { layout, reading }] of device.carried) {
    let group = groups.find(([other]) => sameLayout(other, layout));
    if (group === undefined) {
      group = [layout, []];
      groups.push(group);
    }
    group[1].push([layout.byObis.get(obis) ?? 0, reading.mantissa, reading.atMs]);
  }
  const { gap } = device;
  return [
    device.knownSinceMs,
    device.inForce.map(({ layout, sinceMs }) => [layout.id, sinceMs]),
    device.windows,
    groups.map(([layout, readings]) => [layout.id, readings]),
    device.late,
    device.early,
    gap === undefined ? null : [gap.fromMs, gap.toMs, gap.reason],
  ];
}

/** Reads only what `writeDevice` wrote: our own state, whose hash was checked. */
export function readDevice(state: CborValue, layoutById: (id: Uint8Array) => Layout): Device {
  const [knownSinceMs, inForce, windows, groups, late, early, gap] = state as Written;
  const carried = new Map<string, Carried>();
  for (const [id, readings] of groups) {
    const layout = layoutById(id);
    for (const [index, mantissa, atMs] of readings) {
      const obis = layout.registers[index]?.value.obis ?? '';
      carried.set(obis, { layout, reading: { mantissa, atMs } });
    }
  }
  return {
    knownSinceMs,
    inForce: inForce.map(([id, sinceMs]) => ({ layout: layoutById(id), sinceMs })),
    windows,
    carried,
    late,
    early,
    gap: gap === null ? undefined : { fromMs: gap[0], toMs: gap[1], reason: gap[2] },
  };
}
