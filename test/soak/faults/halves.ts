// SPDX-License-Identifier: Apache-2.0
// Two gateways on one side, three on the other.

import { type Fault, shuffled } from './fault.ts';
import { part } from './partition.ts';

export const halves: Fault = {
  kind: 'halves',
  begin: (town, random) => part(town, random, shuffled(town.sites, random).slice(0, 2)),
};
