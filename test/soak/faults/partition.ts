// SPDX-License-Identifier: Apache-2.0
// Some gateways hear nothing of the others, nor these of them; sometimes the broker is on one side
// only.

import type { Random } from '../../system/harness/random.ts';
import type { Site } from '../town/site.ts';
import type { Town } from '../town/town.ts';
import { centreAddress, drop, hearAll } from '../town/wire.ts';
import { type Begun, namesOf } from './fault.ts';

/** @param apart those on one side; all others are on the other. */
export async function part(town: Town, random: Random, apart: readonly Site[]): Promise<Begun> {
  const isOffline = random.between(0, 1) === 0;
  const rest = town.sites.filter((site) => !apart.includes(site));
  const addressesOf = (sites: readonly Site[]) => sites.map(({ place }) => place.port.address);
  const beyond = isOffline ? [centreAddress] : [];
  await Promise.all([
    ...apart.map(({ place }) => drop(place.port, [...addressesOf(rest), ...beyond], 100)),
    ...rest.map(({ place }) => drop(place.port, addressesOf(apart), 100)),
  ]);
  return {
    what: `${namesOf(apart)} cut off from the others${isOffline ? ' and the broker' : ''}`,
    end: async () => {
      await Promise.all(town.sites.map(({ place }) => hearAll(place.port)));
    },
  };
}
