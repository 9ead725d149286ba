// SPDX-License-Identifier: Apache-2.0
// Whoever leads is alone on its side.

import { type Fault, leaderIn, shuffled } from './fault.ts';
import { part } from './partition.ts';

export const isolatedLeader: Fault = {
  kind: 'isolated-leader',
  begin: async (town, random) => {
    const any = shuffled(town.sites, random).slice(0, 1);
    const leader = await leaderIn(town);
    return part(town, random, leader === undefined ? any : [leader]);
  },
};
