// SPDX-License-Identifier: Apache-2.0
// One gateway hears nothing, and is heard; or is not heard, and hears: by some of the others or by
// all.

import { drop, hearAll } from '../town/wire.ts';
import { type Fault, namesOf, shuffled, someSite } from './fault.ts';

export const oneWay: Fault = {
  kind: 'one-way',
  begin: async (town, random) => {
    const one = await someSite(town, random);
    const others = shuffled(town.sites, random).filter((site) => site !== one);
    const some = others.slice(0, random.between(1, others.length));
    const isDeaf = random.between(0, 1) === 0;
    const address = one.place.port.address;
    if (isDeaf)
      await drop(
        one.place.port,
        some.map(({ place }) => place.port.address),
        100,
      );
    else await Promise.all(some.map(({ place }) => drop(place.port, [address], 100)));
    return {
      what: isDeaf
        ? `${one.name} hears nothing of ${namesOf(some)}`
        : `${one.name} is not heard by ${namesOf(some)}`,
      end: async () => {
        await Promise.all(town.sites.map(({ place }) => hearAll(place.port)));
      },
    };
  },
};
