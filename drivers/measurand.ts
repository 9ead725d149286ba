// SPDX-License-Identifier: Apache-2.0
// What meters measure: the OBIS code (IEC 62056-61), unit (SenML, RFC 8428 and RFC 8798) and
// resolution of each quantity. One decimal more is kept than a class 1 meter resolves, so that
// rounding loses nothing measured.

export type Measurand = {
  /** For people: `voltage L1`. */
  readonly name: string;
  readonly obis: string;
  readonly unit: string;
  /** value = mantissa × 10^exponent, in `unit` */
  readonly exponent: number;
  readonly class: 'tradable' | 'local';
  readonly kind: 'instantaneous' | 'counter';
};

const local = { class: 'local', kind: 'instantaneous' } as const;
const tradable = { class: 'tradable', kind: 'instantaneous' } as const;
const counter = { class: 'tradable', kind: 'counter' } as const;

// Meters show 0.1 V, 0.01 A, 1 W, 0.01 Hz.
const volts = { unit: 'V', exponent: -2, ...local } as const;
const amperes = { unit: 'A', exponent: -3, ...local } as const;
const watts = { unit: 'W', exponent: -1, ...local } as const;
const factor = { unit: '/', exponent: -3, ...local } as const;
const energy = { unit: 'Wh', exponent: 0, ...counter } as const;

export const measurands = Object.freeze({
  voltageL1: { name: 'voltage L1', obis: '1-0:32.7.0*255', ...volts },
  voltageL2: { name: 'voltage L2', obis: '1-0:52.7.0*255', ...volts },
  voltageL3: { name: 'voltage L3', obis: '1-0:72.7.0*255', ...volts },
  currentL1: { name: 'current L1', obis: '1-0:31.7.0*255', ...amperes },
  currentL2: { name: 'current L2', obis: '1-0:51.7.0*255', ...amperes },
  currentL3: { name: 'current L3', obis: '1-0:71.7.0*255', ...amperes },
  /** Import positive, export negative: the sum of the phases. */
  activePower: { name: 'active power', obis: '1-0:16.7.0*255', ...watts, ...tradable },
  activePowerL1: { name: 'active power L1', obis: '1-0:36.7.0*255', ...watts },
  activePowerL2: { name: 'active power L2', obis: '1-0:56.7.0*255', ...watts },
  activePowerL3: { name: 'active power L3', obis: '1-0:76.7.0*255', ...watts },
  /** Signed. The standard's 3.7.0 and 4.7.0 are one sign each; 131.7.0 is what meters with a signed
   * total print (Landis+Gyr), from the range that the standard leaves to makers. */
  reactivePower: { name: 'reactive power', obis: '1-0:131.7.0*255', ...watts, unit: 'var' },
  powerFactor: { name: 'power factor', obis: '1-0:13.7.0*255', ...factor },
  powerFactorL1: { name: 'power factor L1', obis: '1-0:33.7.0*255', ...factor },
  powerFactorL2: { name: 'power factor L2', obis: '1-0:53.7.0*255', ...factor },
  powerFactorL3: { name: 'power factor L3', obis: '1-0:73.7.0*255', ...factor },
  frequency: { name: 'frequency', obis: '1-0:14.7.0*255', unit: 'Hz', exponent: -3, ...local },
  importEnergy: { name: 'energy imported', obis: '1-0:1.8.0*255', ...energy },
  exportEnergy: { name: 'energy exported', obis: '1-0:2.8.0*255', ...energy },
} as const satisfies Record<string, Measurand>);
