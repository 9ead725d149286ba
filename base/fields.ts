// SPDX-License-Identifier: Apache-2.0
// Fields: how a record of ours stands in CBOR, said once and used in both directions. A field reads
// untrusted values (closed maps, exact lengths, ranges; the refusal names the path) and writes
// ours. Invariant: what `encodeWith` writes, `decodeWith` reads back.

import { assert } from './assert.ts';
import { type CborValue, decode, encode } from './cbor.ts';
import { accept, type Result, refuse } from './errors.ts';
import { isText } from './text.ts';

export type FormResult<T> = Result<T, 'form'>;

export type Field<T> = {
  /** `path` says where the value stands, for the refusal's detail: `header.entryRoot`. */
  readonly read: (value: CborValue, path: string) => FormResult<T>;
  readonly write: (value: T) => CborValue;
};

/** What a field reads and writes: `type Pack = Content<typeof packField>`. */
export type Content<F> = F extends Field<infer T> ? T : never;

/** Deterministic CBOR and then the field. Refused with `cbor` for the encoding, with `form` for the
 * content; `name` begins the detail. Bytes are attacker-controlled. */
export function decodeWith<T>(
  field: Field<T>,
  bytes: Uint8Array,
  options: {
    readonly name: string;
    readonly bytesMax?: number;
    /** What comes out may be views of `bytes`. */
    readonly hasViews?: boolean;
  },
): Result<T, 'cbor' | 'form'> {
  const decoded = decode(bytes, options.bytesMax, options.hasViews);
  return decoded.ok
    ? readWith(field, decoded.value, options.name)
    : refuse('cbor', `${options.name}: ${decoded.detail}`);
}

/** Paths are put together for refusals alone: what is well formed is read without them. */
export function readWith<T>(
  field: { readonly read: (value: CborValue, path: string) => FormResult<T> },
  value: CborValue,
  name: string,
): FormResult<T> {
  const read = field.read(value, '');
  return read.ok ? read : field.read(value, name);
}

/** @throws InvariantError for a value that `decodeWith` would refuse. */
export function encodeWith<T>(field: Field<T>, value: NoInfer<T>): Uint8Array {
  return encode(writeWith(field, value));
}

/** @throws InvariantError for a value that the field would refuse to read. */
export function writeWith<T>(field: Field<T>, value: NoInfer<T>): CborValue {
  const written = field.write(value);
  const read = readWith(field, written, 'written');
  assert(read.ok, read.ok ? '' : `a value is written that is refused when read: ${read.detail}`);
  return written;
}

/** The path of a part: none where nobody asks for paths. */
export function partPath(path: string, part: string | number): string {
  if (path === '') return '';
  return typeof part === 'number' ? `${path}[${part}]` : `${path}.${part}`;
}

/** Refuses with the path in front: `header.height: expected an unsigned integer`. */
export function malformed(path: string, expected: string): FormResult<never> {
  return refuse('form', `${path}: expected ${expected}`);
}

function scalar<T extends CborValue>(
  expected: string,
  holds: (value: CborValue) => boolean,
): Field<T> {
  return {
    read: (value, path) => (holds(value) ? accept(value as T) : malformed(path, expected)),
    write: (value) => value,
  };
}

/** Both ends included; integers of at most 53 bits. */
export function int(
  min: number = Number.MIN_SAFE_INTEGER,
  max: number = Number.MAX_SAFE_INTEGER,
): Field<number> {
  return scalar(
    `an integer from ${min} to ${max}`,
    (value) => typeof value === 'number' && value >= min && value <= max,
  );
}

export function uint(max: number = Number.MAX_SAFE_INTEGER): Field<number> {
  return int(0, max);
}

/** Byte strings of exactly this length. */
export function bytes(length: number): Field<Uint8Array> {
  return scalar(
    `${length} bytes`,
    (value) => value instanceof Uint8Array && value.length === length,
  );
}

export function bytesUpTo(lengthMax: number): Field<Uint8Array> {
  return scalar(
    `at most ${lengthMax} bytes`,
    (value) => value instanceof Uint8Array && value.length <= lengthMax,
  );
}

/** Length in UTF-16 code units, as JavaScript counts. */
export function text(lengthMax: number): Field<string> {
  return scalar(
    `text of at most ${lengthMax} characters`,
    (value) => typeof value === 'string' && value.length <= lengthMax && isText(value),
  );
}

/** One of a few constants: `choice('voter', 'follower')`, `choice(1)`. */
export function choice<const T extends readonly (string | number | boolean)[]>(
  ...allowed: T
): Field<T[number]> {
  const expected = allowed.map((one) => JSON.stringify(one)).join(' or ');
  return scalar(expected, (value) => allowed.includes(value as T[number]));
}

/** A name that travels as its place in the list, from 0: `code('on', 'off')`. */
export function code<const T extends string>(...names: readonly T[]): Field<T> {
  return {
    read: (value, path) => {
      const name = typeof value === 'number' ? names[value] : undefined;
      return name === undefined
        ? malformed(path, `a code from 0 to ${names.length - 1}`)
        : accept(name);
    },
    write: (name) => names.indexOf(name),
  };
}

export function nullable<T>(field: Field<T>): Field<T | null> {
  return {
    read: (value, path) => (value === null ? accept(null) : field.read(value, path)),
    write: (value) => (value === null ? null : field.write(value)),
  };
}

export function listOf<T>(field: Field<T>, countMax: number): Field<readonly T[]> {
  return {
    read: (value, path) => {
      if (!Array.isArray(value) || value.length > countMax) {
        return malformed(path, `a list of at most ${countMax}`);
      }
      const members: T[] = [];
      for (let i = 0; i < value.length; i++) {
        const read = field.read(value[i], partPath(path, i));
        if (!read.ok) return read;
        members.push(read.value);
      }
      return accept(members);
    },
    write: (members) => members.map(field.write),
  };
}

/** An array with a meaning for each place: `tuple(bytes(32), text(64))`. */
export function tuple<T extends readonly unknown[]>(
  ...fields: { readonly [Index in keyof T]: Field<T[Index]> }
): Field<Readonly<T>> {
  const places: readonly Field<unknown>[] = fields;
  return {
    read: (value, path) => {
      if (!Array.isArray(value) || value.length !== places.length) {
        return malformed(path, `a list of ${places.length}`);
      }
      const members: unknown[] = [];
      for (let i = 0; i < places.length; i++) {
        const read = (places[i] as Field<unknown>).read(value[i], partPath(path, i));
        if (!read.ok) return read;
        members.push(read.value);
      }
      return accept(members as unknown as T);
    },
    write: (members) => places.map((field, i) => field.write(members[i])),
  };
}

/** A field that our code sees in another shape. `read` may refuse with `malformed`. */
export function mapped<Wire, T>(
  field: Field<Wire>,
  shape: {
    readonly read: (wire: Wire, path: string) => FormResult<T>;
    readonly write: (value: T) => NoInfer<Wire>;
  },
): Field<T> {
  return {
    read: (value, path) => {
      const read = field.read(value, path);
      return read.ok ? shape.read(read.value, path) : read;
    },
    write: (value) => field.write(shape.write(value)),
  };
}

/** A field whose values have to satisfy more than their form:
 * `refined(text(24), 'an OBIS code', isObis)`. */
export function refined<T>(
  field: Field<T>,
  expected: string,
  holds: (value: T) => boolean,
): Field<T> {
  return {
    read: (value, path) => {
      const read = field.read(value, path);
      return read.ok && !holds(read.value) ? malformed(path, expected) : read;
    },
    write: field.write,
  };
}
