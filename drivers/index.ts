// SPDX-License-Identifier: Apache-2.0
// The catalogue: every meter that Tieline knows, in three tables: maps of registers, serial protocols
// that say what a meter has, and Modbus devices that say it themselves. Adding a meter is a file in
// meters/ and a line here; nothing registers itself.

import { didYouMean } from '../base/nearest.ts';
import { dlt645SinglePhase, dlt645ThreePhase } from './dlt645/dlt645-meters.ts';
import { iec6205621 } from './iec62056-21/iec62056-meter.ts';
import type { MeterDefinition } from './meter-definition.ts';
import { abbB23 } from './meters/abb-b23.ts';
import { acrelAdl400Primary } from './meters/acrel-adl400-primary.ts';
import { acrelAdl400Secondary } from './meters/acrel-adl400-secondary.ts';
import { acrelAdw300 } from './meters/acrel-adw300.ts';
import { carloGavazziEm24Din } from './meters/carlo-gavazzi-em24-din.ts';
import { carloGavazziEm340 } from './meters/carlo-gavazzi-em340.ts';
import { chintDdsu666 } from './meters/chint-ddsu666.ts';
import { chintDtsu666 } from './meters/chint-dtsu666.ts';
import { eastronSdm120 } from './meters/eastron-sdm120.ts';
import { eastronSdm630 } from './meters/eastron-sdm630.ts';
import { janitzaUmg96 } from './meters/janitza-umg96.ts';
import { peacefairPzem004t } from './meters/peacefair-pzem004t.ts';
import { schneiderIem3000 } from './meters/schneider-iem3000.ts';
import { schneiderPm5100 } from './meters/schneider-pm5100.ts';
import { siemensPac2200 } from './meters/siemens-pac2200.ts';
import { dsmrP1 } from './p1/p1-meter.ts';
import type { ProtocolMeter } from './protocol-meter.ts';
import type { SelfDescribedMeter } from './self-described-meter.ts';
import { smlPush } from './sml/sml-meter.ts';
import { sunspec } from './sunspec/sunspec-device.ts';

export const meterDefinitions: readonly MeterDefinition[] = [
  eastronSdm630,
  eastronSdm120,
  chintDdsu666,
  acrelAdl400Primary,
  chintDtsu666,
  acrelAdl400Secondary,
  acrelAdw300,
  schneiderPm5100,
  schneiderIem3000,
  abbB23,
  carloGavazziEm24Din,
  carloGavazziEm340,
  janitzaUmg96,
  siemensPac2200,
  peacefairPzem004t,
];

/** Meters that their protocol describes. */
export const protocolMeters: readonly ProtocolMeter[] = [
  dlt645SinglePhase,
  dlt645ThreePhase,
  dsmrP1,
  iec6205621,
  smlPush,
];

/** Modbus devices that are asked what they are. */
export const selfDescribedMeters: readonly SelfDescribedMeter[] = [sunspec];

/** undefined where no map of registers has that id. */
export function findMeter(id: string): MeterDefinition | undefined {
  return meterDefinitions.find((definition) => definition.id === id);
}

/** undefined where no such meter has that id. */
export function findProtocolMeter(id: string): ProtocolMeter | undefined {
  return protocolMeters.find((meter) => meter.id === id);
}

/** undefined where no such meter has that id. */
export function findSelfDescribed(id: string): SelfDescribedMeter | undefined {
  return selfDescribedMeters.find((meter) => meter.id === id);
}

export type AnyMeter = MeterDefinition | ProtocolMeter | SelfDescribedMeter;

export const allMeters: readonly AnyMeter[] = [
  ...meterDefinitions,
  ...protocolMeters,
  ...selfDescribedMeters,
];

/** undefined where nothing has that id. */
export function findAnyMeter(id: string): AnyMeter | undefined {
  return allMeters.find((meter) => meter.id === id);
}

/** What somebody can do who wrote an id that no meter has. */
export function unknownMeterHint(id: string): string {
  const known = allMeters.map((meter) => meter.id);
  const list = '`tieline meters` lists them; a definition of your own is a file, ./my-meter.yaml';
  return [didYouMean(id, known), list].filter((part) => part !== undefined).join(' ');
}
