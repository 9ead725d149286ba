// SPDX-License-Identifier: Apache-2.0
// Pack: one device at one instant, as a gateway read it. Its schema says what the values mean. Beside them
// may stand a record that the meter itself has signed, byte by byte as it was read.
// Invariant: each value has one quality code, and is null exactly where that code says so.

import { assert } from './assert.ts';
import { concat, u32 } from './bytes.ts';
import { encode } from './cbor.ts';
import { type Clock, clockField } from './clock-state.ts';
import { accept, type Result, refuse } from './errors.ts';
import {
  bytesUpTo,
  type Content,
  decodeWith,
  type Field,
  int,
  listOf,
  malformed,
  mapped,
  nullable,
  refined,
  tuple,
  uint,
} from './fields.ts';
import { type SchemaId, schemaIdField } from './ids.ts';
import { label } from './label.ts';
import { limits } from './limits.ts';
import { leafHash } from './merkle.ts';
import { readPack } from './pack-read.ts';
import { hasValue, isQualityCode, type QualityCode } from './quality.ts';
import type { Schema } from './schema.ts';
import type { Suite } from './suite.ts';
import { unixMsField } from './unix-time.ts';

const qualityField: Field<QualityCode> = mapped(uint(), {
  read: (value, path) => (isQualityCode(value) ? accept(value) : malformed(path, 'a quality code')),
  write: (value) => value,
});

/** What a meter signs is read by who knows that meter: here it is only carried. */
export type MeterRecord = {
  /** Where it stood: `sunspec 64901 40521`. */
  readonly name: string;
  readonly bytes: Uint8Array;
};

const recordField: Field<MeterRecord> = mapped(
  tuple(
    label(64),
    refined(bytesUpTo(limits.recordBytesMax), 'a record', ({ length }) => length > 0),
  ),
  {
    read: ([name, bytes]) => accept({ name, bytes }),
    write: ({ name, bytes }) => [name, bytes] as const,
  },
);

const places = [
  schemaIdField,
  unixMsField,
  clockField,
  listOf(nullable(int()), limits.packValuesMax),
  listOf(qualityField, limits.packValuesMax),
] as const;

const plainField = tuple(...places);

export type Pack = {
  readonly schemaId: SchemaId;
  /** Unix time by the gateway's clock when the answer was complete. */
  readonly timeMs: number;
  readonly clock: Clock;
  readonly mantissas: readonly (number | null)[];
  readonly qualities: readonly QualityCode[];
  readonly record?: MeterRecord;
};

const valuesField: Field<Omit<Pack, 'record'>> = mapped<
  Content<typeof plainField>,
  Omit<Pack, 'record'>
>(plainField, {
  read: ([schemaId, timeMs, clock, mantissas, qualities], path) => {
    const flaw = flawOf(mantissas, qualities);
    return flaw === undefined
      ? accept({ schemaId, timeMs, clock, mantissas, qualities })
      : malformed(path, flaw);
  },
  write: ({ schemaId, timeMs, clock, mantissas, qualities }) => [
    schemaId,
    timeMs,
    clock,
    mantissas,
    qualities,
  ],
});

/** A sixth place is there where there is a record, and only there: a pack has one form. */
const packField: Field<Pack> = {
  read: (value, path) => {
    if (!Array.isArray(value) || value.length !== places.length + 1) {
      return valuesField.read(value, path);
    }
    const values = valuesField.read(value.slice(0, -1), path);
    if (!values.ok) return values;
    const record = recordField.read(value[value.length - 1], `${path}[5]`);
    return record.ok ? accept({ ...values.value, record: record.value }) : record;
  },
  write: ({ record, ...values }) => {
    const written = valuesField.write(values);
    return record === undefined || !Array.isArray(written)
      ? written
      : [...written, recordField.write(record)];
  },
};

function flawOf(
  mantissas: readonly (number | null)[],
  qualities: readonly QualityCode[],
): string | undefined {
  if (mantissas.length !== qualities.length) return 'one quality code for each value';
  const agree = qualities.every((code, i) => hasValue(code) === (mantissas[i] !== null));
  return agree ? undefined : 'quality codes that agree with the values';
}

/** @throws InvariantError for a pack that `decodePack` would refuse. */
export function encodePack(pack: Pack): Uint8Array {
  const bytes = encode(packField.write(pack));
  const read = decodePack(bytes);
  assert(read.ok, read.ok ? '' : `a pack is written that is refused when read: ${read.detail}`);
  return bytes;
}

/** Bytes are attacker-controlled. */
export function decodePack(bytes: Uint8Array): Result<Pack, 'cbor' | 'form'> {
  const pack = readPack(bytes);
  return pack === undefined ? decodePackSlowly(bytes) : accept(pack);
}

/** By the general reader, which says what is wrong. */
export function decodePackSlowly(bytes: Uint8Array): Result<Pack, 'cbor' | 'form'> {
  return decodeWith(packField, bytes, { name: 'pack', bytesMax: limits.packBytesMax });
}

/** Whether the pack has as many values as the schema that it names. */
export function checkPack(pack: Pack, schema: Schema): Result<Pack, 'pack'> {
  const count = pack.mantissas.length;
  const expected = schema.values.length;
  return count === expected
    ? accept(pack)
    : refuse('pack', `${count} values, but its schema has ${expected}`);
}

const saltLength = 16;

/** Salt of leaf `index`, from a random 32-byte secret that is never given away. */
export function saltAt(suite: Suite, secret: Uint8Array, index: number): Uint8Array {
  return suite.sha256(concat(secret, u32(index))).slice(0, saltLength);
}

/** Leaf hashes (RFC 9162) of what these bytes commit to, each salted from the secret. */
export function saltedLeafHashes(
  suite: Suite,
  secret: Uint8Array,
  leaves: readonly Uint8Array[],
): readonly Uint8Array[] {
  const saltSource = concat(secret, u32(0));
  const index = new DataView(saltSource.buffer, secret.length);
  return leaves.map((leaf, i) => {
    index.setUint32(0, i);
    const salt = suite.sha256(saltSource);
    const length = saltLength + leaf.length;
    const salted =
      length <= saltedRoom.length ? saltedRoom.subarray(0, length) : new Uint8Array(length);
    for (let at = 0; at < saltLength; at++) salted[at] = salt[at] as number;
    salted.set(leaf, saltLength);
    return leafHash(suite, salted);
  });
}

/** One leaf after another: a hash keeps nothing of what it is made of. */
const saltedRoom = new Uint8Array(saltLength + limits.packBytesMax);

/** Data of the leaf that commits to these bytes and lets nobody guess them from their neighbours'
 * proofs. */
export function saltedLeaf(salt: Uint8Array, bytes: Uint8Array): Uint8Array {
  return concat(salt, bytes);
}
