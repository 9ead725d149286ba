// SPDX-License-Identifier: Apache-2.0
// Which meter of the catalogue answers at a unit number: devices that say it themselves are asked
// first, then those with a register that names the model, then every map is tried, and the one that
// explains most wins. Where two explain alike, the engineer is told of both.

import type { Device, ReadValue } from '../device.ts';
import { meterDefinitions, selfDescribedMeters } from '../index.ts';
import { modbusDevice } from '../modbus/modbus-device.ts';
import type { SharedLine } from '../transport.ts';
import { type Fit, fitOf } from './evidence.ts';

/** `certain`: the device said so. `likely`: physics holds under load, and no other map fits as
 * well. `possible`: nothing speaks against it. `unknown`: something answers, and no map fits. */
export type Confidence = 'certain' | 'likely' | 'possible' | 'unknown';

export type Identity = {
  /** Id in the catalogue. */
  readonly meter: string | undefined;
  readonly confidence: Confidence;
  readonly reasons: readonly string[];
  /** Ids of other maps that fit as well, or nearly. */
  readonly alternatives: readonly string[];
};

const attemptsMax = 3;

type Candidate = { readonly id: string; readonly points: number; readonly fit: Fit };

export async function identify(line: SharedLine, unit: number): Promise<Identity> {
  for (const meter of selfDescribedMeters) {
    const found = await meter.find({ line, unit }, () => true);
    if (!found.ok) continue;
    const reasons = [`it says so: ${found.device.request}`];
    return { meter: meter.id, confidence: 'certain', reasons, alternatives: [] };
  }
  const named = await namedByItself(line, unit);
  if (named !== undefined) return named;
  const candidates: Candidate[] = [];
  const against: string[] = [];
  for (const definition of meterDefinitions) {
    const device = modbusDevice(definition, { line, unit });
    const fit = fitOf(device.values, await soundReading(device));
    const { points } = fit;
    if (points === undefined) against.push(`${definition.id}: ${fit.reasons.join(', ')}`);
    else candidates.push({ id: definition.id, points, fit });
  }
  return chosen(candidates, against);
}

/** What stands in a register where models of a map say which they are. */
async function namedByItself(line: SharedLine, unit: number): Promise<Identity | undefined> {
  for (const { id, functionCode, identification } of meterDefinitions) {
    if (identification === undefined) continue;
    const { address, count, models } = identification;
    const asked = { unit, functionCode, address, count };
    const answer = await line.registers.request(asked, { priority: 'scan', patient: true });
    if (!answer.ok) continue;
    const said = answer.registers.reduce((value, word) => value * 0x1_0000 + word, 0);
    const model = models[said];
    if (model === undefined) continue;
    const reasons = [`its register 0x${address.toString(16)} says ${model}`];
    return { meter: id, confidence: 'certain', reasons, alternatives: [] };
  }
  return undefined;
}

/** A line may fail once; what a meter refuses, it refuses again. */
async function soundReading(device: Device): Promise<readonly ReadValue[]> {
  for (let attempt = 1; ; attempt++) {
    const { values, faults } = await device.read({ priority: 'scan', patient: true });
    const isWhole = faults.every(({ kind }) => kind === 'exception');
    if (isWhole || attempt === attemptsMax) return values;
  }
}

/** Exported for its tests alone: the choice needs no line. */
export function chosen(candidates: readonly Candidate[], against: readonly string[]): Identity {
  const [best, ...others] = candidates.toSorted(
    (a, b) => b.points - a.points || a.fit.emptyCount - b.fit.emptyCount,
  );
  if (best === undefined) {
    return { meter: undefined, confidence: 'unknown', reasons: against, alternatives: [] };
  }
  // A map of fewer registers of the same layout fits the larger meter, too, and explains less.
  const near = others.filter(({ points }) => points >= best.points - 1).map(({ id }) => id);
  const isLikely = best.fit.isProven && near.length === 0;
  const { reasons } = best.fit;
  const confidence = isLikely ? 'likely' : 'possible';
  return { meter: best.id, confidence, reasons, alternatives: near };
}
