// SPDX-License-Identifier: Apache-2.0
// What an OBIS code that a meter prints means (IEC 62056-61): a name for people, and whether the value
// counts for ever and is traded. For meters that tell themselves what they measure.

import { isCounter, parseObis } from '../base/obis.ts';
import type { Measurand } from './measurand.ts';

export type ObisMeaning = Pick<Measurand, 'name' | 'kind' | 'class'>;

const electricity = 1;
const phases = [
  { name: '', first: 0 },
  { name: ' L1', first: 20 },
  { name: ' L2', first: 40 },
  { name: ' L3', first: 60 },
];

/** By value group C of electricity, without phase. */
const quantities: Readonly<Record<number, string>> = {
  1: 'imported',
  2: 'exported',
  3: 'reactive, imported',
  4: 'reactive, exported',
  5: 'reactive, quadrant I',
  6: 'reactive, quadrant II',
  7: 'reactive, quadrant III',
  8: 'reactive, quadrant IV',
  9: 'apparent, imported',
  10: 'apparent, exported',
  11: 'current',
  12: 'voltage',
  13: 'power factor',
  14: 'frequency',
  15: 'absolute',
  16: 'net',
};

const tradedQuantities: readonly number[] = [1, 2, 16];

/** By value group A of other media. */
const media: Readonly<Record<number, string>> = {
  0: 'channel',
  4: 'heat costs',
  5: 'cooling',
  6: 'heat',
  7: 'gas',
  8: 'cold water',
  9: 'hot water',
};

/** Of a canonical code. `unit`: as in SenML. */
export function meaningOf(code: string, unit: string): ObisMeaning {
  const obis = parseObis(code);
  if (obis === undefined) return { name: code, kind: 'instantaneous', class: 'local' };
  const { medium, channel, quantity, processing, tariff } = obis;
  if (medium !== electricity) {
    const name = `${media[medium] ?? 'medium'} ${medium === 0 ? channel : ''}`.trim();
    const counts = unit === 'm3' || unit === 'J' || unit === 'Wh';
    return { name, kind: counts ? 'counter' : 'instantaneous', class: 'local' };
  }
  const phase = phases.findLast(({ first }) => quantity > first && quantity <= 80);
  const base = quantity - (phase?.first ?? 0);
  const counter = isCounter(obis);
  const what = quantities[base];
  if (what === undefined || phase === undefined) {
    return { name: code, kind: counter ? 'counter' : 'instantaneous', class: 'local' };
  }
  const ofPower = !['current', 'voltage', 'power factor', 'frequency'].includes(what);
  const head = ofPower ? `${counter ? 'energy' : 'power'} ` : '';
  const tail = counter && tariff > 0 ? `, tariff ${tariff}` : (ends[processing] ?? '');
  const traded = tradedQuantities.includes(quantity) && (counter || processing === 7);
  return {
    name: `${head}${what}${phase.name}${tail}`,
    kind: counter ? 'counter' : 'instantaneous',
    class: traded ? 'tradable' : 'local',
  };
}

/** By value group D. */
const ends: Readonly<Record<number, string>> = {
  2: ', cumulated maximum',
  4: ', average of now',
  5: ', last average',
  6: ', maximum',
  24: ', average',
  31: ', limit',
  32: ', sags',
  36: ', swells',
};
