// SPDX-License-Identifier: Apache-2.0
// What passes between the database's owner (sqlite.ts) and its thread (sqlite-worker.ts), as cbor-x bytes.
// Only these two speak it: it is neither stored nor signed. Answers come in the order of the requests.

import { Encoder } from 'cbor-x';
import { InvariantError } from '../base/assert.ts';
import { messageOf, type Retry, TielineError } from '../base/errors.ts';

/** What SQLite stores. Integers beyond 2^53 come back as bigint, all others as number. */
export type SqlValue = number | bigint | string | Uint8Array | null;

export type Statement = {
  readonly sql: string;
  readonly params?: readonly SqlValue[];
  /** The exact number of rows it must touch, else the whole transaction is rolled back. */
  readonly changes?: number;
};

export type OpenOptions = {
  readonly path: string;
  readonly mode: 'create' | 'existing' | 'read-only';
  /** Element n brings the schema from version n to n + 1, in one transaction. Never edit a published one. */
  readonly migrations: readonly (readonly string[])[];
  /** Of pages that are kept in memory; else what the driver was built with, 16 MB. */
  readonly cacheBytes?: number;
};

export type Request =
  | { readonly kind: 'open'; readonly id: number; readonly options: OpenOptions }
  | { readonly kind: 'write'; readonly id: number; readonly statements: readonly Statement[] }
  | {
      readonly kind: 'read';
      readonly id: number;
      readonly sql: string;
      readonly params: readonly SqlValue[];
    }
  | { readonly kind: 'close'; readonly id: number };

/** Column names once, then the values row by row. */
export type Table = {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
};

export type Response =
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'rows'; readonly id: number; readonly table: Table }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure };

/** An error that survives the way from thread to thread. */
export type Failure =
  | { readonly kind: 'invariant'; readonly message: string }
  | {
      readonly kind: 'operating';
      readonly code: string;
      readonly message: string;
      readonly retry: Retry;
      readonly hint: string | null;
    };

/** Anything but an operating error is a fault of ours: it crosses as a broken invariant. */
export function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof TielineError)) {
    return { kind: 'invariant', message: messageOf(thrown).replace(/^broken invariant: /, '') };
  }
  const { code, message, retry, hint } = thrown;
  return { kind: 'operating', code, message, retry, hint: hint ?? null };
}

export function errorOf(failure: Failure): Error {
  if (failure.kind === 'invariant') return new InvariantError(failure.message);
  const { code, message, retry, hint } = failure;
  return new TielineError(code, message, { retry, hint: hint ?? undefined });
}

// copyBuffers: a hash that a caller keeps must not hold on to the whole message it came in.
const encoder = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  copyBuffers: true,
});

/** In an array of its own, so that it can be transferred instead of copied once more. */
export function encodeMessage(message: Request | Response): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encoder.encode(message));
}

export function decodeMessage<Message extends Request | Response>(bytes: Uint8Array): Message {
  return encoder.decode(bytes) as Message;
}
