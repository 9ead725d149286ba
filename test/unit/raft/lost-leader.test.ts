// SPDX-License-Identifier: Apache-2.0
// A leader of three dies, hundreds of times, where messages take less than a tick: one of the two others
// leads after one campaign, and within the longest time-out.

import { expect, test } from 'vitest';
import { seeded } from '../sidechain/cluster.ts';
import { electedGroup } from './new-group.ts';

const lossCount = 300;
/** As a gateway has it. */
const electionTicks = 8;

test(`of ${lossCount} times, no vote is split`, () => {
  const random = seeded(42);
  for (let loss = 0; loss < lossCount; loss++) {
    const timing = { electionTicks, heartbeatTicks: 2, random };
    const group = electedGroup({ voters: 3, checkQuorum: true, preVote: true, ...timing });
    const order = random() < 0.5 ? [2, 3] : [3, 2];
    const states = () => [2, 3].map((id) => group.member(id).node.status());
    let ticks = 0;
    while (!states().some(({ role }) => role === 'leader')) {
      ticks += 1;
      expect(ticks).toBeLessThan(2 * electionTicks);
      for (const id of order) {
        group.member(id).node.tick();
        while (group.member(id).node.hasReady()) group.processReady(id);
      }
      group.deliver(1, { drop: true });
      group.stabilize([2, 3]);
    }
    expect(states().map(({ term }) => term)).toEqual([2, 2]);
  }
});
