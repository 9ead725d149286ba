// SPDX-License-Identifier: Apache-2.0
// The catalogue: every meter that Tieline knows, in one table. Adding a meter is a file in meters/
// and a line here; nothing registers itself.

import type { MeterDefinition } from './meter-definition.ts';
import { acrelAdl400Primary } from './meters/acrel-adl400-primary.ts';
import { chintDdsu666 } from './meters/chint-ddsu666.ts';
import { eastronSdm120 } from './meters/eastron-sdm120.ts';
import { eastronSdm630 } from './meters/eastron-sdm630.ts';

export const meterDefinitions: readonly MeterDefinition[] = [
  eastronSdm630,
  eastronSdm120,
  chintDdsu666,
  acrelAdl400Primary,
];

/** undefined where no meter has that id. */
export function findMeter(id: string): MeterDefinition | undefined {
  return meterDefinitions.find((definition) => definition.id === id);
}
