// SPDX-License-Identifier: Apache-2.0
// SIGKILL: one gateway, two, or all at once as in a power cut; sometimes once more while they start.

import { sleep } from '../../system/harness/until.ts';
import type { Site } from '../town/site.ts';
import { type Fault, namesOf, shuffled, someSite } from './fault.ts';

const counts = [1, 1, 1, 2, 5];

export const kill: Fault = {
  kind: 'kill',
  begin: async (town, random) => {
    const count = counts[random.between(0, counts.length - 1)] ?? 1;
    const chosen = await someSite(town, random);
    const others = shuffled(town.sites, random).filter((site) => site !== chosen);
    const struck = [chosen, ...others].slice(0, count);
    const isTwice = random.between(0, 2) === 0;
    const startingMs = random.between(100, 1_500);
    await Promise.all(struck.map((site) => site.kill()));
    return {
      what: `kill -9 ${namesOf(struck)}${isTwice ? ', and again while it starts' : ''}`,
      end: async () => {
        if (isTwice) await Promise.all(struck.map((site) => killStarting(site, startingMs)));
        await Promise.all(struck.map((site) => site.start()));
      },
    };
  },
};

async function killStarting({ program }: Site, afterMs: number): Promise<void> {
  program.launch();
  await sleep(afterMs);
  await program.kill();
}
