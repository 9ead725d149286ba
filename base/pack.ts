// SPDX-License-Identifier: Apache-2.0
// Pack: one device at one instant, as a gateway read it. Its schema says what the values mean.
// Invariant: each value has one quality code, and is null exactly where that code says so.

import { assert } from './assert.ts';
import { concat, u32 } from './bytes.ts';
import { encode } from './cbor.ts';
import { type Clock, clockField } from './clock-state.ts';
import { accept, type Result, refuse } from './errors.ts';
import {
  type Content,
  decodeWith,
  type Field,
  int,
  listOf,
  malformed,
  mapped,
  nullable,
  tuple,
  uint,
} from './fields.ts';
import { type SchemaId, schemaIdField } from './ids.ts';
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

const wireField = tuple(
  schemaIdField,
  unixMsField,
  clockField,
  listOf(nullable(int()), limits.packValuesMax),
  listOf(qualityField, limits.packValuesMax),
);

export type Pack = {
  readonly schemaId: SchemaId;
  /** Unix time by the gateway's clock when the answer was complete. */
  readonly timeMs: number;
  readonly clock: Clock;
  readonly mantissas: readonly (number | null)[];
  readonly qualities: readonly QualityCode[];
};

const packField: Field<Pack> = mapped<Content<typeof wireField>, Pack>(wireField, {
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
