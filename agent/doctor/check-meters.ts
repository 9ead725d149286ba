// SPDX-License-Identifier: Apache-2.0
// Each meter of the configuration asked a few times, as the gateway would. Only while none runs: a
// line has one owner.

import { messageOf, TielineError } from '../../base/errors.ts';
import type { Device } from '../../drivers/device.ts';
import { findDevice, type Place } from '../../drivers/find-device.ts';
import type { LineFault } from '../../drivers/line.ts';
import { openLine } from '../../drivers/transport.ts';
import { monotonicMs } from '../../host/clock.ts';
import { type LineConfig, type MeterConfig, transportOf } from '../meter-config.ts';
import { readMeterKey } from '../meter-key.ts';
import type { Finding } from './finding.ts';
import { type Asked, lineSigns, meterSign } from './line-signs.ts';

const timesAsked = 3;

type Cabinet = {
  readonly lines: readonly LineConfig[];
  readonly meters: readonly MeterConfig[];
};

/** Lines side by side, the meters of one line one after another. */
export async function checkMeters(
  { lines, meters }: Cabinet,
  ending: AbortSignal,
): Promise<readonly Finding[]> {
  const found = await Promise.all(
    lines.map((line) => {
      const there = meters.filter((meter) => meter.line === line.name);
      return there.length === 0 ? [] : checkLine(line, there, ending);
    }),
  );
  return found.flat();
}

async function checkLine(
  config: LineConfig,
  meters: readonly MeterConfig[],
  ending: AbortSignal,
): Promise<readonly Finding[]> {
  const { timeoutMs, deviceGapMs } = config;
  const line = openLine(transportOf(config), { timeoutMs, deviceGapMs });
  const asked: Asked[] = [];
  const unread: Finding[] = [];
  try {
    for (const meter of meters) {
      if (ending.aborted) break;
      try {
        const key = await readMeterKey(meter.keyFile);
        asked.push(await ask(meter, { line, key }));
      } catch (error) {
        unread.push(unreadKey(meter, error));
      }
    }
  } finally {
    await line.close();
  }
  const isSerial = !('tcp' in config);
  const signs = lineSigns({ name: config.name, isSerial }, asked);
  // What is wrong with all of them need not be said of each.
  const isWhole = signs.some(({ state }) => state === 'bad');
  return [...unread, ...(isWhole ? signs : [...signs, ...asked.map(meterSign)])];
}

function unreadKey({ name }: MeterConfig, error: unknown): Finding {
  const advice = (error instanceof TielineError ? error.hint : undefined) ?? 'check `keyFile`';
  return { area: 'meters', state: 'bad', what: `key of ${name}: ${messageOf(error)}`, advice };
}

async function ask(
  { name, definition, meter, unit, address }: MeterConfig,
  place: Pick<Place, 'line' | 'key'>,
): Promise<Asked> {
  const latenciesMs: number[] = [];
  const faults: LineFault[] = [];
  let device: Device | undefined;
  for (let time = 0; time < timesAsked; time++) {
    const startedMs = monotonicMs();
    let fault: LineFault | undefined;
    if (device === undefined) {
      const found = await findDevice(definition ?? meter, { ...place, unit, address });
      // Once: what speaks by itself is listened to from then on.
      if (found.ok) device = found.device;
      else fault = found.fault;
    }
    if (device !== undefined) fault = (await device.read({ patient: true })).faults[0];
    if (fault === undefined) latenciesMs.push(monotonicMs() - startedMs);
    else faults.push(fault);
  }
  return { meter: name, latenciesMs, faults };
}
