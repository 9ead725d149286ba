// SPDX-License-Identifier: Apache-2.0
// A simulated SunSpec device: an inverter that gives what a house has left over, and the meter of the
// house behind it, with a common model each.

import type { Load, PhaseLoad } from './load.ts';
import type { SunspecModel } from './sunspec-registers.ts';

/** What the inverter gives, W, and has given, Wh. */
export type Output = { readonly power: number; readonly energy: number };

/** `output`: of the inverter; `settings`: its models of what can be set. */
export function plantModels(
  load: Load,
  output: Output,
  settings: readonly SunspecModel[],
): readonly SunspecModel[] {
  return [
    common('Inverter', 'S-0001'),
    { id: 103, length: 50, points: inverterPoints(load, output) },
    ...settings,
    common('Meter', 'S-0002'),
    { id: 203, length: 105, points: meterPoints(load) },
  ];
}

function common(model: string, serial: string): SunspecModel {
  const points = { Mn: 'Tieline', Md: `Simulated ${model}`, Vr: '1', SN: serial, DA: 1 };
  return { id: 1, length: 66, points };
}

function inverterPoints(load: Load, { power, energy }: Output) {
  const volts = load.phases.map(({ voltage }) => voltage);
  const amperes = volts.map((voltage) => power / 3 / voltage);
  return {
    ...{ A: 100 * sum(amperes), ...phased('Aph', amperes, 100), A_SF: -2 },
    ...{ ...phased('PhVph', volts, 10), V_SF: -1 },
    ...{ W: power, W_SF: 0, Hz: 100 * load.frequency, Hz_SF: -2 },
    ...{ WH: energy, WH_SF: 0, TmpCab: 312, Tmp_SF: -1, St: power > 0 ? 4 : 2, Evt1: 0, Evt2: 0 },
  };
}

function meterPoints(load: Load) {
  const of = (pick: (phase: PhaseLoad) => number) => load.phases.map(pick);
  const amperes = of(({ current }) => current);
  const volts = of(({ voltage }) => voltage);
  return {
    ...{ A: 100 * sum(amperes), ...phased('Aph', amperes, 100), A_SF: -2 },
    ...{ PhV: (10 * sum(volts)) / 3, ...phased('PhVph', volts, 10), V_SF: -1 },
    ...{ Hz: 100 * load.frequency, Hz_SF: -2 },
    ...{
      W: load.activePower,
      ...phased(
        'Wph',
        of(({ activePower }) => activePower),
        1,
      ),
      W_SF: 0,
    },
    ...{ VAR: load.reactivePower, VAR_SF: 0, PF: 100 * load.powerFactor, PF_SF: 0 },
    ...{ TotWhImp: load.importEnergy, TotWhExp: load.exportEnergy, TotWh_SF: 0, Evt: 0 },
  };
}

function phased(name: string, values: readonly number[], factor: number) {
  return Object.fromEntries(
    values.map((value, i) => [`${name}${'ABC'[i]}`, Math.round(factor * value)]),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
