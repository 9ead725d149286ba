// SPDX-License-Identifier: Apache-2.0
// Everybody loses a share of all that comes, from the broker, too.

import { centreAddress, drop, hearAll } from '../town/wire.ts';
import type { Fault } from './fault.ts';

export const lossy: Fault = {
  kind: 'lossy',
  begin: async ({ sites }, random) => {
    const percent = random.between(5, 25);
    const addresses = [centreAddress, ...sites.map(({ place }) => place.port.address)];
    await Promise.all(sites.map(({ place }) => drop(place.port, addresses, percent)));
    return {
      what: `${percent} % of all packets are lost`,
      end: async () => {
        await Promise.all(sites.map(({ place }) => hearAll(place.port)));
      },
    };
  },
};
