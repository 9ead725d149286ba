// SPDX-License-Identifier: Apache-2.0
// The physics of the simulated load.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advanceLoad, type Load, startLoad } from '../../../../drivers/simulator/load.ts';

const noonMs = Date.UTC(2026, 5, 21, 12);
const start = (seed = 1, timeMs = noonMs) => startLoad({ seed, phaseCount: 3, timeMs });

function course(from: Load, { seconds }: { seconds: number }): readonly Load[] {
  const loads = [from];
  for (let i = 1; i <= seconds; i++) {
    loads.push(advanceLoad(loads.at(-1) as Load, from.timeMs + 1_000 * i));
  }
  return loads;
}

test('P = U·I·PF on each phase, the total is their sum, Q² = S² − P²', () => {
  fc.assert(
    fc.property(fc.nat(9_999), fc.nat(86_400_000), (seed, offsetMs) => {
      const load = start(seed, noonMs + offsetMs);
      let activePower = 0;
      for (const phase of load.phases) {
        const apparentPower = phase.voltage * phase.current;
        expect(phase.activePower).toBeCloseTo(apparentPower * phase.powerFactor, 6);
        expect(phase.activePower ** 2 + phase.reactivePower ** 2).toBeCloseTo(
          apparentPower ** 2,
          3,
        );
        expect(phase.voltage).toBeGreaterThan(207);
        expect(phase.voltage).toBeLessThan(253);
        expect(phase.current).toBeGreaterThan(0);
        activePower += phase.activePower;
      }
      expect(load.activePower).toBeCloseTo(activePower, 6);
      expect(Math.abs(load.powerFactor)).toBeLessThanOrEqual(1);
      expect(Math.abs(load.frequency - 50)).toBeLessThan(0.1);
    }),
    { seed: 20_260, numRuns: 300 },
  );
});

describe('energy', () => {
  test('is the integral of power, import and export apart', () => {
    for (const hour of [3, 12, 19]) {
      const loads = course(start(7, Date.UTC(2026, 5, 21, hour)), { seconds: 3_600 });
      let [imported, exported] = [0, 0];
      for (const [i, to] of loads.entries()) {
        const from = loads[i - 1];
        if (from === undefined) continue;
        const wattHours = (from.activePower + to.activePower) / 2 / 3_600;
        if (wattHours > 0) imported += wattHours;
        else exported -= wattHours;
      }
      const first = loads[0] as Load;
      const last = loads.at(-1) as Load;
      expect(last.importEnergy - first.importEnergy).toBeCloseTo(imported, 6);
      expect(last.exportEnergy - first.exportEnergy).toBeCloseTo(exported, 6);
    }
  });

  test('never runs back', () => {
    const loads = course(start(3), { seconds: 600 });
    for (const [i, load] of loads.entries()) {
      const before = loads[i - 1] ?? load;
      expect(load.importEnergy).toBeGreaterThanOrEqual(before.importEnergy);
      expect(load.exportEnergy).toBeGreaterThanOrEqual(before.exportEnergy);
    }
    const last = loads.at(-1) as Load;
    expect(advanceLoad(last, last.timeMs - 10_000)).toBe(last);
  });

  test('depends on the instants, not on how often one looks', () => {
    const often = course(start(5), { seconds: 300 }).at(-1) as Load;
    const once = advanceLoad(start(5), noonMs + 300_000);
    expect(once).toEqual(often);
  });
});

test('the same seed gives the same load, another seed another', () => {
  expect(start(4)).toEqual(start(4));
  expect(start(4)).not.toEqual(start(5));
});

test('it lives: power changes from second to second, and feeds in at some noon', () => {
  const loads = course(start(1), { seconds: 60 });
  expect(new Set(loads.map(({ activePower }) => activePower)).size).toBeGreaterThan(50);
  const noons = Array.from({ length: 20 }, (_, seed) => start(seed).activePower);
  expect(noons.some((watts) => watts < 0)).toBe(true);
  expect(noons.some((watts) => watts > 0)).toBe(true);
});

test('a single-phase meter has one phase', () => {
  const load = startLoad({ seed: 1, phaseCount: 1, timeMs: noonMs });
  expect(load.phases.length).toBe(1);
  expect(advanceLoad(load, noonMs + 5_000).phases.length).toBe(1);
});
