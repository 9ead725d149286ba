// SPDX-License-Identifier: Apache-2.0
// Values of a row under the type their column was declared with. The tables are STRICT: another
// type is a fault of ours, not of the disk.

import { assert } from '../../base/assert.ts';
import type { Row } from '../../host/sqlite.ts';

export function integerOf(row: Row, column: string): number {
  const value = row[column];
  assert(typeof value === 'number', `${column} holds an integer`);
  return value;
}

export function textOf(row: Row, column: string): string {
  const value = row[column];
  assert(typeof value === 'string', `${column} holds text`);
  return value;
}

export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  assert(value instanceof Uint8Array, `${column} holds bytes`);
  return value;
}
