// SPDX-License-Identifier: Apache-2.0
// What a gateway sends waits its turn on a line of a few kilobits a second.

import { throttle, unthrottle } from '../town/wire.ts';
import { type Fault, someSite } from './fault.ts';

export const slowLink: Fault = {
  kind: 'slow-link',
  begin: async (town, random) => {
    const { name, place } = await someSite(town, random);
    const kilobits = random.between(32, 256);
    await throttle(place.port, kilobits);
    return {
      what: `${name} sends ${kilobits} kbit/s`,
      end: async () => {
        await unthrottle(place.port);
        return undefined;
      },
    };
  },
};
