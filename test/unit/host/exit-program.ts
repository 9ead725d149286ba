// SPDX-License-Identifier: Apache-2.0
// A program that ends, fails, or waits to be told to end, as its argument says.

import { assert } from '../../../base/assert.ts';
import { TielineError } from '../../../base/errors.ts';
import { run } from '../../../host/exit.ts';

const [what] = process.argv.slice(2);

await run(async (ending) => {
  switch (what) {
    case 'return':
      return 3;
    case 'fail':
      throw new TielineError('listen', 'the port is taken', { hint: 'choose another' });
    case 'break':
      assert(false, 'two and two are five');
      break;
    case 'forget':
      void Promise.reject(new TielineError('late', 'nobody waited for this'));
      await new Promise(() => setInterval(() => {}, 1000));
      break;
    case 'print':
      for (;;) {
        process.stdout.write(`${'x'.repeat(1000)}\n`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    case 'wait':
    case 'hang': {
      const alive = setInterval(() => {}, 1000);
      process.stdout.write('ready\n');
      await new Promise<void>((resolve) => ending.addEventListener('abort', () => resolve()));
      process.stdout.write(`closing for ${ending.reason}\n`);
      if (what === 'hang') await new Promise(() => {});
      await new Promise((resolve) => setTimeout(resolve, 100));
      process.stdout.write('closed\n');
      clearInterval(alive);
      return 0;
    }
  }
  return 0;
});
