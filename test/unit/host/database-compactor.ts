// SPDX-License-Identifier: Apache-2.0
// A process of its own that compacts the database it is given again and again, and prints a line each time;
// until it is killed.

import { compactDatabase } from '../../../host/sqlite-compact.ts';

const [path = ''] = process.argv.slice(2);
for (;;) {
  compactDatabase(path);
  process.stdout.write('compacted\n');
}
