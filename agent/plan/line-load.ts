// SPDX-License-Identifier: Apache-2.0
// What the schedule of a configuration asks of each line: from sizes and speeds alone, before
// anything is connected, and from measured latencies where a gateway has run.

import { countOf, percentile } from '../../drivers/bus/latency.ts';
import type { Facts, LineFacts } from '../../drivers/bus/line-memory.ts';
import { readingMs, type Wire } from '../../drivers/bus/line-time.ts';
import { serialForm } from '../../drivers/bus/wire-time.ts';
import { exchangesOfUse } from '../../drivers/bus/wire-use.ts';
import type { ExchangeSize } from '../../drivers/device.ts';
import { exchangesOf } from '../../drivers/find-device.ts';
import { peerOf } from '../../drivers/line.ts';
import type { SerialSettings } from '../../drivers/meter-definition.ts';
import { groupsOf, type LineConfig, type MeterConfig } from '../meter-config.ts';

export type LineToPlan = {
  readonly config: LineConfig;
  readonly meters: readonly MeterConfig[];
  /** What an earlier run has measured. */
  readonly facts: LineFacts;
};

/** A meter's registers of one period. */
export type GroupLoad = {
  readonly meter: string;
  readonly periodMs: number;
  readonly requestCount: number;
  /** For which one reading occupies the line. */
  readonly readingMs: number;
  /** Of the line's time. */
  readonly share: number;
};

// What meters of the catalogue take, as far as their users have told.
const assumedTurnRoundMs = 40;
const assumedRoundTripMs = 2;
// Before each request over a network that carries a serial protocol.
const networkGapMs = 10;
const assumedSerial: SerialSettings = { baudRate: 9600, parity: 'none', dataBits: 8, stopBits: 1 };
// Fewer answers than that are no measurement.
const answersMin = 8;

export function loadsOf(line: LineToPlan): readonly GroupLoad[] {
  const wire = wireOf(line.config);
  return line.meters.flatMap((config) => {
    const measured = measuredMs(config, line.facts);
    return askedOf(config, line.facts).flatMap(({ meter, periodMs, exchanges }): GroupLoad[] => {
      if (exchanges.length === 0) return [];
      const requestCount = exchanges.length;
      const busyMs =
        measured === undefined
          ? readingMs(exchanges, wire, assumedTurnRoundMs)
          : readingMs(exchanges, { ...wire, roundTripMs: 0 }, measured);
      const ms = busyMs + (requestCount - 1) * line.config.deviceGapMs;
      return [{ meter, periodMs, requestCount, readingMs: ms, share: ms / periodMs }];
    });
  });
}

type Asked = Pick<GroupLoad, 'meter' | 'periodMs'> & {
  readonly exchanges: readonly ExchangeSize[];
};

/** What a meter is asked for in each period; what it signs is a load of its own. */
function askedOf(config: MeterConfig, facts: LineFacts): readonly Asked[] {
  const { name: meter } = config;
  return groupsOf(config).flatMap(({ periodMs, keep }, group): Asked[] => {
    const known = exchangesOf(config.definition ?? config.meter, keep);
    if (known !== undefined) return [{ meter, periodMs, exchanges: known }];
    const use = wireUseOf(config, facts)?.[group];
    if (use === undefined) return [];
    const { reading, perMinute } = use;
    return [
      { meter, periodMs, exchanges: exchangesOfUse(reading) },
      { meter: `${meter} (signed)`, periodMs: 60_000, exchanges: exchangesOfUse(perMinute) },
    ];
  });
}

function wireUseOf({ unit, address }: MeterConfig, facts: LineFacts): Facts['wireUse'] {
  return facts[peerOf(unit, address)]?.wireUse;
}

export function shareOf(loads: readonly GroupLoad[]): number {
  return loads.reduce((sum, { share }) => sum + share, 0);
}

/** What the reckoning rests on without anybody having measured it, in words. */
export function assumptionsOf({ config, meters, facts }: LineToPlan): readonly string[] {
  const unmeasured = meters.filter((meter) => measuredMs(meter, facts) === undefined);
  const names = unmeasured.map(({ name }) => name).join(', ');
  return [
    ...(unmeasured.length === 0 ? [] : [`${names}: answers after ${assumedTurnRoundMs} ms`]),
    ...('rtuTcp' in config
      ? [`the bus behind ${config.rtuTcp}: 9600 ${serialForm(assumedSerial)}`]
      : []),
  ];
}

/** Meters whose reading only they themselves can describe, and have not yet. */
export function unknownOn({ meters, facts }: LineToPlan): readonly string[] {
  return meters.flatMap((config) => {
    const known = exchangesOf(config.definition ?? config.meter, () => true);
    return known === undefined && wireUseOf(config, facts) === undefined ? [config.name] : [];
  });
}

function measuredMs({ unit, address }: MeterConfig, facts: LineFacts): number | undefined {
  const latency = facts[peerOf(unit, address)]?.latency ?? [];
  return countOf(latency) < answersMin ? undefined : percentile(latency, 0.5);
}

function wireOf(config: LineConfig): Wire {
  if ('tcp' in config) return { serial: null, roundTripMs: assumedRoundTripMs };
  if ('rtuTcp' in config) {
    return { serial: assumedSerial, roundTripMs: assumedRoundTripMs + networkGapMs };
  }
  return { serial: config, roundTripMs: 0 };
}
