// SPDX-License-Identifier: Apache-2.0
// Each meter of the configuration asked a few times, as the gateway would. Only while none runs: a
// line has one owner.

import { findDevice } from '../../drivers/find-device.ts';
import type { LineFault } from '../../drivers/line.ts';
import { openLine, type SharedLine } from '../../drivers/transport.ts';
import { monotonicMs } from '../../host/clock.ts';
import { type LineConfig, type MeterConfig, transportOf } from '../meter-config.ts';
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
  try {
    for (const meter of meters) {
      if (!ending.aborted) asked.push(await ask(meter, line));
    }
  } finally {
    await line.close();
  }
  const isSerial = !('tcp' in config);
  const signs = lineSigns({ name: config.name, isSerial }, asked);
  // What is wrong with all of them need not be said of each.
  const isWhole = signs.some(({ state }) => state === 'bad');
  return isWhole ? signs : [...signs, ...asked.map(meterSign)];
}

async function ask(meter: MeterConfig, line: SharedLine): Promise<Asked> {
  const latenciesMs: number[] = [];
  const faults: LineFault[] = [];
  for (let time = 0; time < timesAsked; time++) {
    const startedMs = monotonicMs();
    const found = await findDevice(meter.definition ?? meter.meter, { line, unit: meter.unit });
    const read = found.ok ? await found.device.read({ patient: true }) : undefined;
    const fault = found.ok ? read?.faults[0] : found.fault;
    if (fault === undefined) latenciesMs.push(monotonicMs() - startedMs);
    else faults.push(fault);
  }
  return { meter: meter.name, latenciesMs, faults };
}
