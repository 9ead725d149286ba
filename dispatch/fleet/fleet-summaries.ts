// SPDX-License-Identifier: Apache-2.0
// The summaries that a chain of a fleet has for one window: for each of its devices the registers of
// an electricity meter, with values that differ from chain to chain.

import { u32 } from '../../base/bytes.ts';
import { nodeSuite } from '../../base/node-suite.ts';
import type { Summary } from '../../contracts/summary.ts';
import { type FleetPlan, fleetStartMs } from './fleet-plan.ts';

type Register = {
  readonly obis: string;
  readonly unit: string;
  readonly exponent: number;
  readonly isCounter: boolean;
};

/** Energy drawn and fed in, power, then voltages and currents of three phases, frequency, power factor. */
export const fleetRegisters: readonly Register[] = [
  { obis: '1-0:1.8.0*255', unit: 'Wh', exponent: 0, isCounter: true },
  { obis: '1-0:2.8.0*255', unit: 'Wh', exponent: 0, isCounter: true },
  { obis: '1-0:16.7.0*255', unit: 'W', exponent: -1, isCounter: false },
  { obis: '1-0:32.7.0*255', unit: 'V', exponent: -1, isCounter: false },
  { obis: '1-0:52.7.0*255', unit: 'V', exponent: -1, isCounter: false },
  { obis: '1-0:72.7.0*255', unit: 'V', exponent: -1, isCounter: false },
  { obis: '1-0:31.7.0*255', unit: 'A', exponent: -3, isCounter: false },
  { obis: '1-0:51.7.0*255', unit: 'A', exponent: -3, isCounter: false },
  { obis: '1-0:71.7.0*255', unit: 'A', exponent: -3, isCounter: false },
  { obis: '1-0:14.7.0*255', unit: 'Hz', exponent: -2, isCounter: false },
  { obis: '1-0:13.7.0*255', unit: '1', exponent: -3, isCounter: false },
  { obis: '1-0:3.8.0*255', unit: 'varh', exponent: 0, isCounter: true },
];

export function fleetSummaries(plan: FleetPlan, index: number): readonly Summary[] {
  return Array.from({ length: plan.devices }, (_, device) =>
    fleetRegisters
      .slice(0, plan.registers)
      .map((register, i) => summaryOf(plan, register, (index * 64 + device) * 16 + i)),
  ).flat();
}

function summaryOf(plan: FleetPlan, register: Register, number: number): Summary {
  const { windowSeconds: count } = plan;
  const { obis, unit, exponent, isCounter } = register;
  const [a, b, c, d, e] = spread(number);
  const first = isCounter ? 1_000_000 + (a % 90_000_000) : 2_300 + (a % 97);
  const last = isCounter ? first + 20 + (b % 2_000) : 2_300 + (b % 97);
  const min = isCounter ? first : 2_280 + (c % 20);
  const max = isCounter ? last : 2_397 + (d % 40);
  return {
    kind: 'summary',
    device: `urn:dev:ops:fleet-meter-${Math.floor(number / 16)}`,
    obis,
    unit,
    exponent,
    windowStartMs: fleetStartMs - count * 1_000,
    windowMs: count * 1_000,
    revision: 0,
    count,
    expectedCount: count,
    missing: [],
    first,
    last,
    min,
    max,
    mean: min * 1_000 + (e % ((max - min) * 1_000)),
    meanExponent: exponent - 3,
    delta: isCounter ? last - first : null,
    quality: 'validated',
    reason: '',
    screened: [0, 0, 0, 0],
    events: [],
    definition: 'fleet-meter',
  };
}

/** Five numbers below 2^32 that look like chance, so that nothing shrinks which would not in life. */
function spread(number: number): readonly [number, number, number, number, number] {
  const { sha256 } = nodeSuite;
  const view = new DataView(sha256(u32(number % 2 ** 32)).buffer);
  const at = (place: number): number => view.getUint32(4 * place);
  return [at(0), at(1), at(2), at(3), at(4)];
}
