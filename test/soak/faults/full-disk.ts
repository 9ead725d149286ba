// SPDX-License-Identifier: Apache-2.0
// A disk with no room left. The gateway on it ends when it can keep no more, and says so; it does not
// start before there is room, and says so; and then it goes on.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '../../system/harness/restartable.ts';
import type { Site } from '../town/site.ts';
import { type Fault, shuffled } from './fault.ts';

/** What a person reads who looks why it ended. */
const message = /^tieline: .*no space left/m;

export const fullDisk: Fault = {
  kind: 'full-disk',
  begin: async ({ sites }, random) => {
    const [site] = shuffled(sites, random).filter(({ place }) => place.isSmall);
    if (site === undefined) throw new Error('a gateway with a small disk');
    const filler = join(site.founded.data, 'filler');
    site.mayEnd(message);
    await fill(filler);
    return { what: `full disk of ${site.name}`, end: () => free(site, filler) };
  },
};

/** Until nothing goes in any more. */
async function fill(path: string): Promise<void> {
  const { code, errors } = await runToEnd('dd', ['if=/dev/zero', `of=${path}`, 'bs=4k']);
  if (code === 0 || !errors.includes('No space left')) throw new Error(`dd: ${errors}`);
}

async function free(site: Site, filler: string): Promise<string> {
  const isDown = (await site.look()) === 'down';
  if (isDown) await expectNoStart(site);
  await rm(filler);
  if (isDown) await site.start();
  site.mustNotEnd();
  return isDown ? 'it had ended, and is back' : 'it has lived on';
}

/** Where it finds room for its first write in what it has, it may live on until the next. */
async function expectNoStart({ program, name }: Site): Promise<void> {
  program.launch();
  const { code, said } = await program.end();
  if (code !== 1 || !message.test(said)) {
    throw new Error(`on its full disk, ${name} ended with ${code}: ${said.slice(-2_000)}`);
  }
}
