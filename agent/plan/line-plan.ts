// SPDX-License-Identifier: Apache-2.0
// Whether the schedule of a configuration fits its lines, told before anything is connected.

import type { LineFacts } from '../../drivers/bus/line-memory.ts';
import { serialForm } from '../../drivers/bus/wire-time.ts';
import type { LineConfig, MeterSections } from '../meter-config.ts';
import { assumptionsOf, type GroupLoad, loadsOf, shareOf, unknownOn } from './line-load.ts';
import { type Remedy, remediesOf } from './remedies.ts';

export type LinePlan = {
  readonly line: string;
  /** `/dev/ttyUSB0 9600 8N1`, `192.0.2.10:502` */
  readonly place: string;
  /** Of its time that the schedule needs; up to `shareMax` may be planned. */
  readonly share: number;
  readonly shareMax: number;
  readonly fits: boolean;
  readonly groups: readonly GroupLoad[];
  /** Groups that would miss instants while another is read. */
  readonly blocked: readonly Blocked[];
  /** Each of them alone makes the share fit. */
  readonly remedies: readonly Remedy[];
  readonly assumptions: readonly string[];
  /** Meters that have to be asked what they are, and are not reckoned. */
  readonly unknown: readonly string[];
};

export type Blocked = {
  readonly meter: string;
  readonly periodMs: number;
  /** The meter whose reading takes too long, and the shortest period beside it. */
  readonly by: string;
  readonly periodMsMin: number;
};

// The rest is for devices that do not answer (5 %), and for what is urgent.
const shareMax = 0.9;

export function planLines(
  { lines, meters }: MeterSections,
  learned: ReadonlyMap<string, LineFacts>,
): readonly LinePlan[] {
  return lines.map((config) => {
    const mine = meters.filter((meter) => meter.line === config.name);
    const line = { config, meters: mine, facts: learned.get(config.name) ?? {} };
    const groups = loadsOf(line);
    const blocked = groups.flatMap((group) => blockedBy(group, groups));
    const share = shareOf(groups);
    return {
      line: config.name,
      place: placeOf(config),
      share,
      shareMax,
      fits: share <= shareMax && blocked.length === 0,
      groups,
      blocked,
      remedies: share <= shareMax ? [] : remediesOf(line, shareMax),
      assumptions: assumptionsOf(line),
      unknown: unknownOn(line),
    };
  });
}

/** A reading is not interrupted: who is due meanwhile waits for its end. */
function blockedBy(group: GroupLoad, groups: readonly GroupLoad[]): readonly Blocked[] {
  const [longest] = groups
    .filter((other) => other !== group)
    .toSorted((a, b) => b.readingMs - a.readingMs);
  if (longest === undefined) return [];
  const neededMs = group.readingMs + longest.readingMs;
  if (neededMs <= group.periodMs) return [];
  const periodMsMin = 100 * Math.ceil(neededMs / 100);
  return [{ meter: group.meter, periodMs: group.periodMs, by: longest.meter, periodMsMin }];
}

function placeOf(config: LineConfig): string {
  if ('tcp' in config) return config.tcp;
  if ('rtuTcp' in config) return config.rtuTcp;
  return `${config.serial} ${config.baudRate} ${serialForm(config)}`;
}
