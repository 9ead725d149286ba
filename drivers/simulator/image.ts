// SPDX-License-Identifier: Apache-2.0
// What a meter of a given definition shows in its registers under a given load.

import { assert } from '../../base/assert.ts';
import type { MeterDefinition } from '../meter-definition.ts';
import { planReads } from '../read-plan.ts';
import { encodeRegister } from '../register-value.ts';
import type { Load, PhaseLoad } from './load.ts';

/** Address → register; an address that is not in it does not exist. */
export type RegisterImage = ReadonlyMap<number, number>;

export function imageOf(definition: MeterDefinition, load: Load): RegisterImage {
  const image = new Map<number, number>();
  // The holes within a block read as 0, as in the meters themselves.
  for (const { address, count } of planReads(definition)) {
    for (let i = 0; i < count; i++) image.set(address + i, 0);
  }
  for (const register of definition.registers) {
    const value = loadValue(register.obis, load);
    // A meter without a sign has no direction either.
    const isUnsigned = register.rawType.startsWith('uint');
    const words = encodeRegister(register, isUnsigned ? Math.abs(value) : value);
    for (const [i, word] of words.entries()) image.set(register.address + i, word);
  }
  const { identification } = definition;
  const [says] = Object.keys(identification?.models ?? {});
  if (identification !== undefined) {
    const { address, count } = identification;
    for (let i = 0; i < count; i++) {
      image.set(address + i, (Number(says) / 0x1_0000 ** (count - 1 - i)) & 0xffff);
    }
  }
  return image;
}

/** Whether a meter measures three phases: it has a voltage or current L2. */
export function phaseCountOf(definition: MeterDefinition): 1 | 3 {
  return definition.registers.some(
    ({ obis }) => obis === '1-0:52.7.0*255' || obis === '1-0:51.7.0*255',
  )
    ? 3
    : 1;
}

const byObis: Readonly<Record<string, (load: Load) => number | undefined>> = {
  '1-0:32.7.0*255': (load) => load.phases[0]?.voltage,
  '1-0:52.7.0*255': (load) => load.phases[1]?.voltage,
  '1-0:72.7.0*255': (load) => load.phases[2]?.voltage,
  '1-0:31.7.0*255': (load) => load.phases[0]?.current,
  '1-0:51.7.0*255': (load) => load.phases[1]?.current,
  '1-0:71.7.0*255': (load) => load.phases[2]?.current,
  '1-0:36.7.0*255': (load) => load.phases[0]?.activePower,
  '1-0:56.7.0*255': (load) => load.phases[1]?.activePower,
  '1-0:76.7.0*255': (load) => load.phases[2]?.activePower,
  '1-0:16.7.0*255': (load) => load.activePower,
  '1-0:33.7.0*255': (load) => powerFactorOf(load.phases[0]),
  '1-0:53.7.0*255': (load) => powerFactorOf(load.phases[1]),
  '1-0:73.7.0*255': (load) => powerFactorOf(load.phases[2]),
  '1-0:131.7.0*255': (load) => load.reactivePower,
  '1-0:13.7.0*255': (load) => load.powerFactor,
  '1-0:14.7.0*255': (load) => load.frequency,
  '1-0:1.8.0*255': (load) => load.importEnergy,
  '1-0:2.8.0*255': (load) => load.exportEnergy,
};

function powerFactorOf(phase: PhaseLoad | undefined): number | undefined {
  if (phase === undefined) return undefined;
  const apparent = phase.voltage * phase.current;
  return apparent === 0 ? 1 : phase.activePower / apparent;
}

/** Of what the OBIS code names, in its unit. */
export function loadValue(obis: string, load: Load): number {
  const value = byObis[obis]?.(load);
  assert(value !== undefined, `a simulated load has ${obis}`);
  return value;
}

/** All registers of the image that a request names, or undefined where one does not exist. */
export function readImage(
  image: RegisterImage,
  { address, count }: { readonly address: number; readonly count: number },
): readonly number[] | undefined {
  const words: number[] = [];
  for (let i = 0; i < count; i++) {
    const word = image.get(address + i);
    if (word === undefined) return undefined;
    words.push(word);
  }
  return words;
}
