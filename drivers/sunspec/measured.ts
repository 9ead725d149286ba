// SPDX-License-Identifier: Apache-2.0
// Which points of SunSpec's AC models are quantities with an OBIS code. SunSpec counts what an
// inverter gives as positive; here all is seen from the grid, as by a meter: what is given is export,
// its power negative.

import { type Measurand, measurands as m } from '../measurand.ts';

export type Measured = {
  readonly point: string;
  readonly measurand: Measurand;
  /** By what the device's value is multiplied. */
  readonly sign: 1 | -1;
  /** Given by every device of the kind: none now means none just now, at night. Other points are
   * taken for missing where they have no value when the device is found. */
  readonly always: boolean;
};

const phases = ['', 'L1', 'L2', 'L3'] as const;

/** The same quantity of one phase: 20 on in group C for each (IEC 62056-61). */
function ofPhase(measurand: Measurand, phase: 0 | 1 | 2 | 3): Measurand {
  if (phase === 0) return measurand;
  const obis = measurand.obis.replace(/:(\d+)\./, (_, c) => `:${Number(c) + 20 * phase}.`);
  return { ...measurand, obis, name: `${measurand.name} ${phases[phase]}`, class: 'local' };
}

const apparentPower: Measurand = {
  ...m.activePower,
  name: 'apparent power',
  obis: '1-0:9.7.0*255',
  unit: 'VA',
  class: 'local',
};
const currentSum: Measurand = { ...m.currentL1, name: 'current, sum', obis: '1-0:90.7.0*255' };
const reactiveQuadrant = (quadrant: 1 | 2 | 3 | 4): Measurand => ({
  ...m.importEnergy,
  name: `reactive energy, quadrant ${quadrant}`,
  obis: `1-0:${4 + quadrant}.8.0*255`,
  unit: 'varh',
});
const apparentImport: Measurand = {
  ...m.importEnergy,
  name: 'apparent energy imported',
  obis: '1-0:9.8.0*255',
  unit: 'VAh',
};
const apparentExport: Measurand = {
  ...apparentImport,
  name: 'apparent energy exported',
  obis: '1-0:10.8.0*255',
};

type Options = { readonly sign?: -1; readonly always?: true };

function one(point: string, measurand: Measurand, options: Options = {}): Measured {
  return { point, measurand, sign: options.sign ?? 1, always: options.always ?? false };
}

/** Points of the total and of each phase; `names` say where the phase stands in theirs. */
function phased(
  names: readonly [string, string, string, string],
  measurand: Measurand,
  options: Options = {},
): readonly Measured[] {
  return names.map((name, phase) => {
    const phaseOptions = phase === 0 ? options : { ...options, always: undefined };
    return one(name, ofPhase(measurand, phase as 0 | 1 | 2 | 3), phaseOptions as Options);
  });
}

const suffixed = (name: string, letters: 'ph' | 'Ph'): [string, string, string, string] => [
  name,
  `${name}${letters}A`,
  `${name}${letters}B`,
  `${name}${letters}C`,
];
const numbered = (name: string): [string, string, string, string] => [
  name,
  `${name}L1`,
  `${name}L2`,
  `${name}L3`,
];

const always = { always: true } as const;

const inverter: readonly Measured[] = [
  one('PhVphA', m.voltageL1, always),
  one('PhVphB', m.voltageL2),
  one('PhVphC', m.voltageL3),
  one('A', currentSum),
  one('AphA', m.currentL1, always),
  one('AphB', m.currentL2),
  one('AphC', m.currentL3),
  one('W', m.activePower, { sign: -1, always: true }),
  one('VA', apparentPower),
  one('VAr', m.reactivePower, { sign: -1 }),
  one('PF', m.powerFactor),
  one('Hz', m.frequency, always),
  one('WH', m.exportEnergy, always),
];

const meter: readonly Measured[] = [
  one('PhVphA', m.voltageL1, always),
  one('PhVphB', m.voltageL2),
  one('PhVphC', m.voltageL3),
  one('A', currentSum),
  one('AphA', m.currentL1, always),
  one('AphB', m.currentL2),
  one('AphC', m.currentL3),
  ...phased(suffixed('W', 'ph'), m.activePower, always),
  ...phased(suffixed('VA', 'ph'), apparentPower),
  ...phased(suffixed('VAR', 'ph'), m.reactivePower),
  ...phased(suffixed('PF', 'ph'), m.powerFactor),
  one('Hz', m.frequency, always),
  ...phased(suffixed('TotWhImp', 'Ph'), m.importEnergy, always),
  ...phased(suffixed('TotWhExp', 'Ph'), m.exportEnergy, always),
  ...phased(suffixed('TotVAhImp', 'Ph'), apparentImport),
  ...phased(suffixed('TotVAhExp', 'Ph'), apparentExport),
  ...phased(suffixed('TotVArhImpQ1', 'Ph'), reactiveQuadrant(1)),
  ...phased(suffixed('TotVArhImpQ2', 'Ph'), reactiveQuadrant(2)),
  ...phased(suffixed('TotVArhExpQ3', 'Ph'), reactiveQuadrant(3)),
  ...phased(suffixed('TotVArhExpQ4', 'Ph'), reactiveQuadrant(4)),
];

const energyResource: readonly Measured[] = [
  one('VL1', m.voltageL1),
  one('VL2', m.voltageL2),
  one('VL3', m.voltageL3),
  one('A', currentSum),
  one('AL1', m.currentL1),
  one('AL2', m.currentL2),
  one('AL3', m.currentL3),
  ...phased(numbered('W'), m.activePower, { sign: -1, always: true }),
  ...phased(numbered('VA'), apparentPower),
  ...phased(numbered('Var'), m.reactivePower, { sign: -1 }),
  ...phased(numbered('PF'), m.powerFactor),
  one('Hz', m.frequency, always),
  ...phased(numbered('TotWhAbs'), m.importEnergy, always),
  ...phased(numbered('TotWhInj'), m.exportEnergy, always),
];

export type AcModel = {
  readonly kind: 'source' | 'meter';
  readonly measured: readonly Measured[];
};

/** What a model measures on AC, by its id; of several sources in a device the first here is taken. */
export const acModels: ReadonlyMap<number, AcModel> = new Map([
  row(701, { kind: 'source', measured: energyResource }),
  ...[101, 102, 103, 111, 112, 113].map((id) => row(id, { kind: 'source', measured: inverter })),
  ...[201, 202, 203, 204].map((id) => row(id, { kind: 'meter', measured: meter })),
]);

function row(id: number, model: AcModel): readonly [number, AcModel] {
  return [id, model];
}
