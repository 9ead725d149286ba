// SPDX-License-Identifier: Apache-2.0
// Reads a file of published vectors. Each names its source; the shape is stated by the test that
// reads it.

import { readFileSync } from 'node:fs';

export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}
