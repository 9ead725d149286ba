// SPDX-License-Identifier: Apache-2.0
// What of lines and meters another configuration changes. Whatever it says the same of goes on: a
// meter is started anew only where its own section, or its line's, is another.

import { isDeepStrictEqual } from 'node:util';
import type { LineConfig, MeterConfig, MeterSections } from './meter-config.ts';

export type MeterChanges = {
  /** Names; their meters end with them. */
  readonly closedLines: readonly string[];
  readonly openedLines: readonly LineConfig[];
  /** On lines that go on. */
  readonly stoppedMeters: readonly MeterConfig[];
  readonly startedMeters: readonly MeterConfig[];
};

export function meterChanges(before: MeterSections, after: MeterSections): MeterChanges {
  const openedLines = notAmong(after.lines, before.lines);
  const closedLines = notAmong(before.lines, after.lines).map(({ name }) => name);
  const isOnOpened = ({ line }: MeterConfig) => openedLines.some(({ name }) => name === line);
  return {
    closedLines,
    openedLines,
    stoppedMeters: notAmong(before.meters, after.meters).filter(
      ({ line }) => !closedLines.includes(line),
    ),
    startedMeters: after.meters.filter(
      (meter) => isOnOpened(meter) || notAmong([meter], before.meters).length > 0,
    ),
  };
}

function notAmong<T>(these: readonly T[], others: readonly T[]): readonly T[] {
  return these.filter((one) => !others.some((other) => isDeepStrictEqual(one, other)));
}
