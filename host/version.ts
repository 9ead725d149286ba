// SPDX-License-Identifier: Apache-2.0
// The version of the program, from the package it stands in: the sources of a checkout, or dist/ of
// a package.

import { readFileSync } from 'node:fs';
import { assert } from '../base/assert.ts';

export function version(): string {
  const up = import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json';
  const parsed: unknown = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8'));
  assert(
    typeof parsed === 'object' && parsed !== null && 'version' in parsed,
    'a package has a version',
  );
  return String(parsed.version);
}
