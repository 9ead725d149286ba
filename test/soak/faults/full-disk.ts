// SPDX-License-Identifier: Apache-2.0
// A disk with no room left. The gateway on it falls silent, or ends where a write fails, and says so;
// started before there is room, it says so, too; and then it goes on.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '../../system/harness/restartable.ts';
import type { Site } from '../town/site.ts';
import { type Fault, shuffled } from './fault.ts';

const namedTimeoutMs = 60_000;

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
  if (isDown) await expectFullDiskNamed(site);
  await rm(filler);
  if (isDown) await site.start();
  site.mustNotEnd();
  return isDown ? 'it had ended, and is back' : 'it has lived on';
}

/**
 * It says that the disk is full: as it ends, or, where it finds room for its first writes in what it
 * has, as it runs on and takes nothing in.
 */
async function expectFullDiskNamed({ program, name }: Site): Promise<void> {
  const before = program.events('disk-full').length;
  program.launch();
  const deadlineMs = performance.now() + namedTimeoutMs;
  while (program.isRunning && program.events('disk-full').length === before) {
    if (performance.now() > deadlineMs) throw new Error(`${name} does not name its full disk`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (program.isRunning) return program.kill();
  const { code, said } = await program.end();
  if (code !== 1 || !message.test(said)) {
    throw new Error(`on its full disk, ${name} ended with ${code}: ${said.slice(-2_000)}`);
  }
}
