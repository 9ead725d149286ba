// SPDX-License-Identifier: Apache-2.0
// SIGSTOP: a process that stands still and closes nothing, as on a machine that is starved or asleep.

import { type Fault, namesOf, shuffled, someSite } from './fault.ts';

export const pause: Fault = {
  kind: 'pause',
  begin: async (town, random) => {
    const chosen = await someSite(town, random);
    const others = shuffled(town.sites, random).filter((site) => site !== chosen);
    const struck = [chosen, ...others].slice(0, random.between(1, 2));
    for (const { program } of struck) program.signal('SIGSTOP');
    return {
      what: `SIGSTOP ${namesOf(struck)}`,
      end: async () => {
        for (const { program } of struck) program.signal('SIGCONT');
      },
    };
  },
};
