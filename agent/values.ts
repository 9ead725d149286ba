// SPDX-License-Identifier: Apache-2.0
// The newest values of a gateway's meters, for people beside it: over the local API, and as a table.

import { formatDecimal } from '../base/decimal.ts';
import { qualityName } from '../base/quality.ts';
import { table } from '../drivers/commands/table.ts';
import type { DeviceValue, ReadValue } from '../drivers/device.ts';
import type { Route } from '../host/http.ts';
import { type Shown, staleText } from './stale.ts';

export type ShownValue = {
  readonly obis: string;
  readonly name: string;
  /** Exact decimal; null where nothing was read. */
  readonly value: string | null;
  readonly unit: string;
  /** The word for its quality: `good`, `time-out`, … */
  readonly quality: string;
};

export type MeterValues = {
  readonly device: string;
  readonly periodMs: number;
  /** When they were read, Unix ms. */
  readonly timeMs: number;
  readonly values: readonly ShownValue[];
  /** What is wrong now, in words, and what can be done about it. */
  readonly fault?: string;
  readonly hint?: string;
};

export type ShownValues = {
  readonly meters: readonly MeterValues[];
  /** What these are kept on, and whether others know of them. */
  readonly chain: Shown;
};

/** What was read of each value, in the order of the device. */
export function shownValues(
  meanings: readonly DeviceValue[],
  values: readonly ReadValue[],
): readonly ShownValue[] {
  return meanings.flatMap(({ obis, name, unit, exponent }, i) => {
    const read = values[i];
    if (read === undefined) return [];
    const { mantissa } = read;
    const value = mantissa === null ? null : formatDecimal({ mantissa, exponent });
    return [{ obis, name, value, unit, quality: qualityName(read.quality) }];
  });
}

export function valueRoutes(
  latest: () => readonly MeterValues[],
  chain: () => Shown,
): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/values',
      description: 'The newest values of each meter.',
      // What persons enter has another origin, and a place of its own.
      handler: () => ({
        status: 200,
        body: {
          meters: latest().map((meter) => ({ origin: 'sensor', ...meter })),
          chain: chain(),
        },
      }),
    },
  ];
}

/** One block a meter, or group of its registers: its age, then its values. */
export function valuesText({ meters, chain }: ShownValues, nowMs: number): string {
  const stale = staleText(chain);
  const head = stale === undefined ? '' : `${stale}\n\n`;
  if (meters.length === 0) return `${head}nothing was read yet; \`tieline status\` says of whom`;
  return head + tablesOf(meters, nowMs);
}

function tablesOf(meters: readonly MeterValues[], nowMs: number): string {
  return meters
    .map(({ device, timeMs, values, fault, hint }) => {
      const seconds = Math.max(0, (nowMs - timeMs) / 1_000).toFixed(1);
      const rows = values.map(({ obis, value, unit, quality, name }) => [
        obis,
        value ?? '-',
        unit,
        quality,
        name,
      ]);
      const said = [
        ...(fault === undefined ? [] : [`  silent: ${fault}`]),
        ...(hint === undefined ? [] : [`  → ${hint}`]),
      ];
      const head = `${device}, ${seconds} s ago`;
      return [head, ...said, table(rows, { right: [1] })].join('\n');
    })
    .join('\n\n');
}
