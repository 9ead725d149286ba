// SPDX-License-Identifier: Apache-2.0
// The reflected CRC-16 that serial protocols differ in by polynomial, beginning and end.

export type Crc16 = {
  /** Reflected. */
  readonly polynomial: number;
  readonly initial: number;
  /** Turned over at the end. */
  readonly finalXor: number;
};

export const crc16Modbus: Crc16 = { polynomial: 0xa001, initial: 0xffff, finalXor: 0 };
export const crc16Arc: Crc16 = { polynomial: 0xa001, initial: 0, finalXor: 0 };

export function crc16({ polynomial, initial, finalXor }: Crc16, bytes: Uint8Array): number {
  let crc = initial;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  }
  return crc ^ finalXor;
}
