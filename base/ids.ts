// SPDX-License-Identifier: Apache-2.0
// Names of things that must not be mixed up: byte strings and counts that carry their meaning in
// their type. Each has one maker, which asserts, and one field, which refuses.

import { assert } from './assert.ts';
import { bytes, type Field, uint } from './fields.ts';
import type { Suite } from './suite.ts';

declare const meaning: unique symbol;
type Meaning<Name extends string> = { readonly [meaning]: Name };

/** SHA-256 of the genesis entry's bytes: 32 bytes. */
export type ChainId = Uint8Array & Meaning<'chain'>;
/** SHA-256 of an entry's bytes: 32 bytes. */
export type EntryId = Uint8Array & Meaning<'entry'>;
/** SHA-256 of a schema's payload: 32 bytes. */
export type SchemaId = Uint8Array & Meaning<'schema'>;
/** First 8 bytes of SHA-256 of a public key; unique within a chain. */
export type KeyId = Uint8Array & Meaning<'key'>;

/** Number of blocks before this one; the block of the genesis entry has 0. */
export type Height = number & Meaning<'height'>;
/** Number of a gateway's batch or gap: the first is 1, and each next one is one more. */
export type Sequence = number & Meaning<'sequence'>;
/** Place in the Raft log, from 1; not the height. */
export type LogIndex = number & Meaning<'log index'>;
export type Term = number & Meaning<'term'>;

const hashLength = 32;
const keyIdLength = 8;

export const chainIdField = named<ChainId>(bytes(hashLength));
export const entryIdField = named<EntryId>(bytes(hashLength));
export const schemaIdField = named<SchemaId>(bytes(hashLength));
export const keyIdField = named<KeyId>(bytes(keyIdLength));
export const heightField = named<Height>(uint());
export const sequenceField = named<Sequence>(uint());

export function toChainId(hash: Uint8Array): ChainId {
  return ofLength(hash, hashLength) as ChainId;
}

export function toEntryId(hash: Uint8Array): EntryId {
  return ofLength(hash, hashLength) as EntryId;
}

export function toSchemaId(hash: Uint8Array): SchemaId {
  return ofLength(hash, hashLength) as SchemaId;
}

export function toKeyId(id: Uint8Array): KeyId {
  return ofLength(id, keyIdLength) as KeyId;
}

export function keyIdOf(suite: Suite, publicKey: Uint8Array): KeyId {
  return toKeyId(suite.sha256(publicKey).slice(0, keyIdLength));
}

export function toHeight(count: number): Height {
  return asCount(count) as Height;
}

export function toSequence(count: number): Sequence {
  return asCount(count) as Sequence;
}

export function toLogIndex(count: number): LogIndex {
  return asCount(count) as LogIndex;
}

export function toTerm(count: number): Term {
  return asCount(count) as Term;
}

function named<Id>(field: Field<Uint8Array> | Field<number>): Field<Id> {
  return field as unknown as Field<Id>;
}

function ofLength(id: Uint8Array, length: number): Uint8Array {
  assert(id.length === length, `an id of ${length} bytes has ${id.length}`);
  return id;
}

function asCount(count: number): number {
  assert(Number.isSafeInteger(count) && count >= 0, `a count is ${count}`);
  return count;
}
