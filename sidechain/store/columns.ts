// SPDX-License-Identifier: Apache-2.0
// Columns of a row by their type. The tables are STRICT, so another type than declared means that
// the file was changed by something else.

import type { Row } from '../../host/sqlite.ts';
import { assertIntact } from './damage.ts';

export function integerAt(row: Row, column: string): number {
  const value = row[column];
  assertIntact(typeof value === 'number', `column ${column} holds no integer within 53 bits`);
  return value;
}

export function blobAt(row: Row, column: string): Uint8Array {
  const value = row[column];
  assertIntact(value instanceof Uint8Array, `column ${column} holds no bytes`);
  return value;
}

export function textAt(row: Row, column: string): string {
  const value = row[column];
  assertIntact(typeof value === 'string', `column ${column} holds no text`);
  return value;
}

/** What `read` makes of a column that may be NULL. */
export function optional<T>(
  read: (row: Row, column: string) => T,
  row: Row,
  column: string,
): T | undefined {
  return row[column] === null ? undefined : read(row, column);
}
