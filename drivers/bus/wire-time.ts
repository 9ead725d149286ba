// SPDX-License-Identifier: Apache-2.0
// How long bytes take on a serial wire. Pure.

import type { SerialSettings } from '../meter-definition.ts';

/** Time of one character: a start bit, the data, parity, and the stop bits. */
export function characterMs({ baudRate, dataBits, parity, stopBits }: SerialSettings): number {
  return (1_000 * (1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits)) / baudRate;
}

const gapCharacters = 3.5;
const gapFixedAboveBaud = 19_200;
const gapFixedMs = 1.75;

/** Silence that ends a Modbus RTU frame: 3.5 characters, and above 19 200 baud always 1.75 ms
 * (Modbus over Serial Line V1.02, section 2.5.1.1). */
export function rtuGapMs(serial: SerialSettings): number {
  return serial.baudRate > gapFixedAboveBaud ? gapFixedMs : gapCharacters * characterMs(serial);
}

/** E.g. `8N1`. */
export function serialForm({ dataBits, parity, stopBits }: SerialSettings): string {
  return `${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`;
}
