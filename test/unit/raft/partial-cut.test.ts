// SPDX-License-Identifier: Apache-2.0
// Five voters, two of them dead, and of the other three two that do not hear each other: whoever is
// heard by all three is elected, whatever the ids, and soon.

import { expect, test } from 'vitest';
import { seeded } from '../sidechain/cluster.ts';
import { newGroup } from './new-group.ts';

const alive = [1, 2, 3];
const timing = { electionTicks: 8, heartbeatTicks: 2 };

test.each([1, 2, 3])('member %i between two others comes to lead', (middle) => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const group = newGroup({ voters: 5, ...timing, random: seeded(seed) });
    const isHeard = (from: number, to: number) =>
      alive.includes(to) && (from === middle || to === middle || from === to);
    let ticks = 0;
    while (group.member(middle).node.status().role !== 'leader') {
      ticks += 1;
      expect(ticks, `seed ${seed}`).toBeLessThan(20 * timing.electionTicks);
      for (const id of alive) group.member(id).node.tick();
      do {
        for (const id of alive) {
          while (group.member(id).node.hasReady()) group.processReady(id);
        }
        group.messages = group.messages.filter(({ from, to }) => isHeard(from, to));
        for (const id of alive) group.deliver(id);
      } while (alive.some((id) => group.member(id).node.hasReady()));
    }
  }
});
