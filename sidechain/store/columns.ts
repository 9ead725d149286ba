// SPDX-License-Identifier: Apache-2.0
// Columns of a row by their type. The tables are STRICT, so another type than declared means that the file
// was changed by something else: that is an operating error, not a fault of ours.

import { TielineError } from '../../base/errors.ts';
import type { Row } from '../../host/sqlite.ts';

export function integerAt(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw wrongType(column, 'an integer within 53 bits');
  return value;
}

export function blobAt(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw wrongType(column, 'bytes');
  return value;
}

export function textAt(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw wrongType(column, 'text');
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

function wrongType(column: string, expected: string): TielineError {
  return new TielineError('database-damaged', `column ${column} does not hold ${expected}`, {
    retry: 'fatal',
    hint: 'run `tieline chain verify`, and restore the newest copy or join as a new member',
  });
}
