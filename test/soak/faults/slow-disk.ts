// SPDX-License-Identifier: Apache-2.0
// Disks that take 50 ms for an fsync, and stall now and then for two seconds: one, or all of them.

import { quickDisk } from '../../system/harness/slow-disk/slow-disk.ts';
import { type Fault, namesOf, someSite } from './fault.ts';

const slow = { eachMs: 50, stallMs: 2_000, stallOneIn: 10 };

export const slowDisks: Fault = {
  kind: 'slow-disk',
  begin: async (town, random) => {
    const one = await someSite(town, random);
    const struck = random.between(0, 1) === 0 ? [one] : town.sites;
    for (const { place } of struck) place.disk.set(slow);
    return {
      what: `slow disk of ${namesOf(struck)}`,
      end: async () => {
        for (const { place } of struck) place.disk.set(quickDisk);
      },
    };
  },
};
