// SPDX-License-Identifier: Apache-2.0
// The wall clock of one gateway leaps, by seconds or by an hour, ahead or back; half of them never
// come back.

import { type Fault, someSite } from './fault.ts';

export const clockJump: Fault = {
  kind: 'clock-jump',
  begin: async (town, random) => {
    const site = await someSite(town, random);
    const span = random.between(0, 3) === 0 ? 3_600 : random.between(1, 120);
    const offset = random.between(0, 1) === 0 ? span : -span;
    const stays = random.between(0, 1) === 0;
    site.setClock(offset);
    return {
      what: `clock of ${site.name} ${offset > 0 ? '+' : ''}${offset} s${stays ? ', for good' : ''}`,
      end: async () => {
        if (!stays) site.setClock(0);
      },
    };
  },
};
