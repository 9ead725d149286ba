// SPDX-License-Identifier: Apache-2.0
// Where the system keeps libfaketime, which lets the wall clock of one process jump while it runs.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export function faketimeLibrary(): string {
  const found = readdirSync('/usr/lib')
    .map((folder) => join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1'))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error('libfaketime is missing: run deploy/dev-setup');
  return found;
}
