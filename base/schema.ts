// SPDX-License-Identifier: Apache-2.0
// Schema: what the values of a device's packs mean. It goes on the chain once and is named by its
// hash, so that a pack carries numbers only. Two schemas of one device may be in force side by
// side (other registers, another period); a value's place in the list is its place in the pack.

import { accept, type Result } from './errors.ts';
import {
  type Content,
  code,
  decodeWith,
  encodeWith,
  type Field,
  int,
  listOf,
  malformed,
  mapped,
  nullable,
  refined,
  text,
  tuple,
  uint,
} from './fields.ts';
import { type SchemaId, toSchemaId } from './ids.ts';
import { label, plainText } from './label.ts';
import { limits } from './limits.ts';
import { isObis } from './obis.ts';
import { record } from './records.ts';
import type { Suite } from './suite.ts';

/** One place of a pack. */
export type ValueSchema = {
  /** Canonical OBIS code, e.g. `1-0:1.8.0*255`; no two places of a schema have the same. */
  readonly obis: string;
  /** As in SenML: RFC 8428 §12.1, RFC 8798, e.g. `Wh`. */
  readonly unit: string;
  /** value = mantissa × 10^exponent, in `unit`. */
  readonly exponent: number;
  /** Where the meter keeps it, in its protocol's words, e.g. `input 0x0156 float32`. */
  readonly register: string;
  /** Summaries go up for tradable registers; local ones stay on the sidechain. */
  readonly class: 'tradable' | 'local';
  readonly kind: 'instantaneous' | 'counter';
  /** Smallest and largest plausible mantissa; max + 1 is where a counter starts again from 0. */
  readonly min: number | null;
  readonly max: number | null;
  /** Largest plausible change of the mantissa in a second. */
  readonly maxStepPerSecond: number | null;
};

export type Schema = {
  /** `urn:dev:ops:<vendor>-<model>-<serial>` (RFC 9039), else the configured name. */
  readonly device: string;
  readonly line: string;
  /** The device's address on its line (Modbus unit id), null where a line has none. */
  readonly unitId: number | null;
  /** What is asked of the device for one pack, e.g. `modbus fc=4 0+76`. */
  readonly request: string;
  readonly periodMs: number;
  /** Id of the meter definition it was made from. */
  readonly definition: string;
  readonly values: readonly ValueSchema[];
};

const dayMs = 86_400_000;

const obisField = refined(text(24), 'an OBIS code as A-B:C.D.E*F', isObis);

const valueWireField = tuple(
  obisField,
  plainText(16),
  int(-limits.valueExponentMax, limits.valueExponentMax),
  label(64),
  code('tradable', 'local'),
  code('instantaneous', 'counter'),
  nullable(int()),
  nullable(int()),
  nullable(uint()),
);

const valueField: Field<ValueSchema> = mapped<Content<typeof valueWireField>, ValueSchema>(
  valueWireField,
  {
    read: ([obis, unit, exponent, register, cls, kind, min, max, maxStepPerSecond], path) =>
      min === null || max === null || min <= max
        ? accept({ obis, unit, exponent, register, class: cls, kind, min, max, maxStepPerSecond })
        : malformed(path, 'min not above max'),
    write: (value) => [
      value.obis,
      value.unit,
      value.exponent,
      value.register,
      value.class,
      value.kind,
      value.min,
      value.max,
      value.maxStepPerSecond,
    ],
  },
);

const valuesField = refined(
  listOf(valueField, limits.packValuesMax),
  'at least one value, and no two of one OBIS code',
  (values) => values.length > 0 && new Set(values.map(({ obis }) => obis)).size === values.length,
);

const unitIdField = nullable(uint(255));

const schemaField: Field<Schema> = record({
  device: [1, label(128)],
  line: [2, label(128)],
  unitId: [3, unitIdField],
  request: [4, label(512)],
  periodMs: [5, int(1, dayMs)],
  definition: [6, label(64)],
  values: [7, valuesField],
});

/** The payload of a schema entry. @throws InvariantError for a schema that `decodeSchema` would
 * refuse. */
export function encodeSchema(schema: Schema): Uint8Array {
  return encodeWith(schemaField, schema);
}

/** Payload bytes are attacker-controlled. */
export function decodeSchema(payload: Uint8Array): Result<Schema, 'cbor' | 'form'> {
  return decodeWith(schemaField, payload, { name: 'schema', bytesMax: limits.entryBytesMax });
}

/** SHA-256 of the payload bytes as received, never of a re-encoding. */
export function schemaId(suite: Suite, payload: Uint8Array): SchemaId {
  return toSchemaId(suite.sha256(payload));
}
