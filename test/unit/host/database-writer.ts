// SPDX-License-Identifier: Apache-2.0
// A process of its own that writes rows 1, 2, 3 … to the database it is given, several under way at once, and
// prints each number once its write is acknowledged; until it is killed.

import { openDatabase } from '../../../host/sqlite.ts';
import { migrations } from './database-schema.ts';

const [path = ''] = process.argv.slice(2);
const database = await openDatabase({ path, mode: 'existing', migrations });
const [last] = await database.read('SELECT coalesce(max(id), 0) AS id FROM item');
let id = Number(last?.id);

async function writeOne(): Promise<void> {
  for (;;) {
    id += 1;
    const mine = id;
    const text = String(mine);
    await database.write([
      { sql: 'INSERT INTO item (id, text) VALUES (?, ?)', params: [mine, text] },
      { sql: 'INSERT INTO twin (id, text) VALUES (?, ?)', params: [mine, text] },
    ]);
    process.stdout.write(`${mine}\n`);
  }
}

await Promise.all([writeOne(), writeOne(), writeOne()]);
