// SPDX-License-Identifier: Apache-2.0
// Fields that are closed CBOR maps with integer keys: an unknown key is refused, a missing one too
// unless it is declared optional. A union of records is told apart by the text under one key, its
// kind.

import { assert } from './assert.ts';
import { type CborMap, type CborValue, map } from './cbor.ts';
import { accept } from './errors.ts';
import { type Content, type Field, type FormResult, malformed, partPath } from './fields.ts';

/** A field of which only the declaration knows the type. */
type SomeField = {
  readonly read: (value: CborValue, path: string) => FormResult<unknown>;
  readonly write: (value: never) => CborValue;
};

type Member = readonly [key: number, field: SomeField, presence?: 'optional'];

type Members = Readonly<Record<string, Member>>;

type OptionalName<M extends Members> = {
  [Name in keyof M]: M[Name] extends readonly [number, SomeField, 'optional'] ? Name : never;
}[keyof M];

type RecordOf<M extends Members> = {
  readonly [Name in Exclude<keyof M, OptionalName<M>>]: Content<M[Name][1]>;
} & { readonly [Name in OptionalName<M>]?: Content<M[Name][1]> | undefined };

/** For each property its map key and its field, and whether the key may be missing:
 * `record({height: [3, uint()], note: [4, text(80), 'optional']})`. */
export function record<const M extends Members>(members: M): Field<RecordOf<M>> {
  const entries = Object.entries<Member>(members);
  return {
    read: (value, path) => readRecord(entries, value, path) as FormResult<RecordOf<M>>,
    write: (value) => writeRecord(entries, value),
  };
}

function readRecord(
  entries: readonly (readonly [string, Member])[],
  value: CborValue,
  path: string,
): FormResult<unknown> {
  if (!isMap(value)) return malformed(path, 'a map');
  const read: Record<string, unknown> = {};
  let known = 0;
  for (const [name, [key, field, presence]] of entries) {
    const member = value.get(key);
    if (member === undefined) {
      if (presence === 'optional') continue;
      return malformed(partPath(path, name), `a value under key ${key}, there is none`);
    }
    const result = field.read(member, partPath(path, name));
    if (!result.ok) return result;
    read[name] = result.value;
    known += 1;
  }
  return known === value.size
    ? accept(read)
    : malformed(path, `no key ${unknownKey(entries, value)}`);
}

function unknownKey(entries: readonly (readonly [string, Member])[], value: CborMap): string {
  const known = new Set<number | string>(entries.map(([, [key]]) => key));
  const unknown = [...value.keys()].find((key) => !known.has(key));
  return JSON.stringify(unknown)?.slice(0, 40) ?? '';
}

function writeRecord(entries: readonly (readonly [string, Member])[], value: object): CborValue {
  const properties = value as Readonly<Record<string, never>>;
  return map(
    entries.map(([name, [key, field]]) => {
      const property = properties[name];
      return [key, property === undefined ? undefined : field.write(property)];
    }),
  );
}

/** A record that travels as an array, its properties in the order in which they are declared:
 * `row({state: code('on', 'off'), errorMs: nullable(uint())})`. */
export function row<const M extends Readonly<Record<string, SomeField>>>(
  members: M,
): Field<{ readonly [Name in keyof M]: Content<M[Name]> }> {
  const entries = Object.entries<SomeField>(members);
  return {
    read: (value, path) => {
      if (!Array.isArray(value) || value.length !== entries.length) {
        return malformed(path, `a list of ${entries.length}`);
      }
      const read: Record<string, unknown> = {};
      for (let i = 0; i < entries.length; i++) {
        const [name, field] = entries[i] as [string, SomeField];
        const result = field.read(value[i], partPath(path, name));
        if (!result.ok) return result;
        read[name] = result.value;
      }
      return accept(read as { readonly [Name in keyof M]: Content<M[Name]> });
    },
    write: (value) => entries.map(([name, field]) => field.write(value[name] as never)),
  };
}

/** A union of records that all have their kind, text, under the same key:
 * `byKind(1, {summary: record({kind: [1, choice('summary')], ...}), ...})`. */
export function byKind<const V extends Readonly<Record<string, SomeField>>>(
  key: number,
  variants: V,
): Field<Content<V[keyof V]>> {
  const fields = new Map<unknown, SomeField>(Object.entries(variants));
  const expected = `one of ${[...fields.keys()].join(', ')} under key ${key}`;
  return {
    read: (value, path) => {
      const field = isMap(value) ? fields.get(value.get(key)) : undefined;
      if (field === undefined) return malformed(path, expected);
      return field.read(value, path) as FormResult<Content<V[keyof V]>>;
    },
    write: (value) => {
      const field = fields.get((value as { readonly kind?: unknown }).kind);
      assert(field !== undefined, `a record is written whose kind is not ${expected}`);
      return field.write(value as never);
    },
  };
}

/** A map whose keys are not known beforehand. */
export const openMap: Field<CborMap> = {
  read: (value, path) => (isMap(value) ? accept(value) : malformed(path, 'a map')),
  write: (value) => value,
};

function isMap(value: CborValue): value is CborMap {
  return value instanceof Map;
}
