// SPDX-License-Identifier: Apache-2.0
// A schema as summaries see it: the tradable registers alone, and how two schemas of one device
// relate.

import { equal } from '../base/bytes.ts';
import type { Schema, ValueSchema } from '../base/schema.ts';

/** A tradable register and its place in the packs. */
export type Register = { readonly packIndex: number; readonly value: ValueSchema };

export type Layout = {
  readonly id: Uint8Array;
  readonly schema: Schema;
  readonly registers: readonly Register[];
  /** Indexes into `registers`. */
  readonly byObis: ReadonlyMap<string, number>;
};

export function layoutOf(id: Uint8Array, schema: Schema): Layout {
  const registers = schema.values
    .map((value, packIndex) => ({ packIndex, value }))
    .filter(({ value }) => value.class === 'tradable');
  const byObis = new Map(registers.map(({ value }, index) => [value.obis, index]));
  return { id, schema, registers, byObis };
}

export function sameLayout(a: Layout, b: Layout): boolean {
  return a === b || equal(a.id, b.id);
}

/** The same physical meter, as far as a gateway can know. */
export function sameMeter(a: Layout, b: Layout): boolean {
  return (
    a.schema.definition === b.schema.definition &&
    a.schema.line === b.schema.line &&
    a.schema.unitId === b.schema.unitId
  );
}

/** Whether mantissas of the two can be compared and added up. */
export function sameScale(a: ValueSchema, b: ValueSchema): boolean {
  return a.unit === b.unit && a.exponent === b.exponent && a.kind === b.kind;
}

/** Whether a register of one schema is that of the other: of the same meter, in the same scale. */
export function goesOn(earlier: Layout, later: Layout, obis: string): boolean {
  const [a, b] = [registerValue(earlier, obis), registerValue(later, obis)];
  return a !== undefined && b !== undefined && sameMeter(earlier, later) && sameScale(a, b);
}

export function registerValue(layout: Layout, obis: string): ValueSchema | undefined {
  return layout.registers[layout.byObis.get(obis) ?? -1]?.value;
}

/** A device's newer schema takes the place of an older one of another meter, and of one that
 * names the same register. Others stay in force beside it: groups of registers, each read at its
 * own period. */
export function supersedes(newer: Layout, older: Layout): boolean {
  if (sameLayout(newer, older)) return true;
  if (!sameMeter(newer, older)) return true;
  const obis = new Set(older.schema.values.map((value) => value.obis));
  return newer.schema.values.some((value) => obis.has(value.obis));
}
