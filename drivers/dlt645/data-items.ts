// SPDX-License-Identifier: Apache-2.0
// What is read of a DL/T 645-2007 meter: identifiers and formats of annex A, and how their decimal
// digits become values. A block brings several items in one answer; meters that do not know it are
// asked item by item.

import type { DeviceValue } from '../device.ts';
import { type Measurand, measurands } from '../measurand.ts';

export type DataItem = {
  /** As printed in the standard. */
  readonly identifier: string;
  readonly measurand: Measurand;
  /** Bytes of two digits each. */
  readonly length: number;
  /** Whether the highest bit is a sign. */
  readonly signed: boolean;
};

/** Read at once. A block of one item is that item. */
export type DataBlock = { readonly identifier: string; readonly items: readonly DataItem[] };

export type ItemReading =
  | { readonly kind: 'value'; readonly mantissa: number }
  /** All digits FF: the meter does not measure it. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'malformed' };

// 000000.00 kWh; one more and the counter begins again.
const energy = { exponent: 1 } as const;
const energyMax = 99_999_999;
// 000.0 V; 000.000 A; 00.0000 kW and kvar; 0.000; 00.00 Hz.
const volts = { length: 2, signed: false, exponent: -1 } as const;
const amperes = { length: 3, signed: true, exponent: -3 } as const;
const kilowatts = { length: 3, signed: true, exponent: -1 } as const;
const factor = { length: 2, signed: true, exponent: -3 } as const;
const hertz = { length: 2, signed: false, exponent: -2 } as const;
const kilowattHours = { length: 4, signed: false, ...energy } as const;

type Format = { readonly length: number; readonly signed: boolean; readonly exponent: number };

function item(identifier: string, measurand: Measurand, format: Format): DataItem {
  const { length, signed, exponent } = format;
  return { identifier, length, signed, measurand: { ...measurand, exponent } };
}

function alone(identifier: string, measurand: Measurand, format: Format): DataBlock {
  return { identifier, items: [item(identifier, measurand, format)] };
}

const m = measurands;
const energies = [
  alone('00010000', m.importEnergy, kilowattHours),
  alone('00020000', m.exportEnergy, kilowattHours),
];
const totals = [
  alone('02040000', m.reactivePower, kilowatts),
  alone('02060000', m.powerFactor, factor),
  alone('02800002', m.frequency, hertz),
];

export const singlePhaseBlocks: readonly DataBlock[] = [
  ...energies,
  alone('02030000', m.activePower, kilowatts),
  alone('02010100', m.voltageL1, volts),
  alone('02020100', m.currentL1, amperes),
  ...totals,
];

export const threePhaseBlocks: readonly DataBlock[] = [
  ...energies,
  {
    identifier: '0203ff00',
    items: [
      item('02030000', m.activePower, kilowatts),
      item('02030100', m.activePowerL1, kilowatts),
      item('02030200', m.activePowerL2, kilowatts),
      item('02030300', m.activePowerL3, kilowatts),
    ],
  },
  {
    identifier: '0201ff00',
    items: [
      item('02010100', m.voltageL1, volts),
      item('02010200', m.voltageL2, volts),
      item('02010300', m.voltageL3, volts),
    ],
  },
  {
    identifier: '0202ff00',
    items: [
      item('02020100', m.currentL1, amperes),
      item('02020200', m.currentL2, amperes),
      item('02020300', m.currentL3, amperes),
    ],
  },
  ...totals,
];

export function packValue({ identifier, measurand }: DataItem): DeviceValue {
  const isCounter = measurand.kind === 'counter';
  return {
    ...measurand,
    register: `di ${identifier}`,
    min: isCounter ? 0 : null,
    max: isCounter ? energyMax : null,
    maxStepPerSecond: null,
  };
}

/** Of all items of a block. */
export function dataLength({ items }: DataBlock): number {
  return items.reduce((sum, { length }) => sum + length, 0);
}

const signBit = 0x80;

/** `bytes`: of this item, low byte first. */
export function decodeItem({ length, signed }: DataItem, bytes: Uint8Array): ItemReading {
  if (bytes.length !== length) return { kind: 'malformed' };
  if (bytes.every((byte) => byte === 0xff)) return { kind: 'absent' };
  let mantissa = 0;
  const high = bytes[length - 1] as number;
  const negative = signed && (high & signBit) !== 0;
  for (const byte of bytes.with(length - 1, negative ? high - signBit : high).toReversed()) {
    const [tens, units] = [byte >>> 4, byte & 0x0f];
    if (tens > 9 || units > 9) return { kind: 'malformed' };
    mantissa = 100 * mantissa + 10 * tens + units;
  }
  return { kind: 'value', mantissa: negative && mantissa !== 0 ? -mantissa : mantissa };
}

/** The inverse, for a simulated meter; digits that find no place are cut off above. */
export function encodeItem({ length, signed }: DataItem, mantissa: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = Math.abs(mantissa);
  for (let i = 0; i < length; i++) {
    const two = rest % 100;
    bytes[i] = (Math.floor(two / 10) << 4) | (two % 10);
    rest = Math.floor(rest / 100);
  }
  const high = bytes[length - 1] as number;
  return signed && mantissa < 0 ? bytes.with(length - 1, high | signBit) : bytes;
}
