// SPDX-License-Identifier: Apache-2.0
// Registers that programs of others hold or have read: what they mean, and what to put into them.

import type { MeterDefinition, MeterRegister } from '../../../drivers/meter-definition.ts';
import { decodeRegister } from '../../../drivers/register-value.ts';
import { listenTcp } from '../../../drivers/simulator/tcp-server.ts';

/** What the registers that somebody else read mean. */
export function decoded(definition: MeterDefinition, words: ReadonlyMap<number, number>) {
  return new Map(
    definition.registers.map((register) => {
      const { address, count } = register;
      const span = Array.from({ length: count }, (_, i) => words.get(address + i) ?? Number.NaN);
      return [register.obis, decodeRegister(register, span).mantissa];
    }),
  );
}

/** A different value for each register: exact in its type and at its exponent, and plausible. */
export function rawFor(register: MeterRegister, index: number): number {
  const { rawType, scalePowerOfTen, exponent, unit: measured } = register;
  if (measured === 'Hz') return 50 * 10 ** -scalePowerOfTen;
  if (measured === '/') return 0.75 * 10 ** -scalePowerOfTen;
  if (rawType.startsWith('float')) return scalePowerOfTen > exponent ? index + 0.5 : index;
  return (rawType.endsWith('16') ? 700 : 70_000) + index;
}

/** What our reader makes of it. */
export function expectedMantissa(
  { exponent, scalePowerOfTen }: MeterRegister,
  raw: number,
): number {
  return Math.round(raw * 10 ** (scalePowerOfTen - exponent));
}

/** Where a register's raw value stands: its words, by their addresses. */
export function wordsFor(
  { address, rawType, wordOrder }: MeterRegister,
  raw: number,
): readonly (readonly [address: number, word: number])[] {
  const view = new DataView(new ArrayBuffer(8));
  const bits = Number(rawType.slice(-2));
  if (rawType === 'float64') view.setFloat64(0, raw);
  else if (rawType === 'float32') view.setFloat32(0, raw);
  else if (bits === 64) view.setBigInt64(0, BigInt(Math.round(raw)));
  else if (bits === 32) view.setUint32(0, Math.round(raw) >>> 0);
  else view.setUint16(0, Math.round(raw) & 0xffff);
  const words = Array.from({ length: bits / 16 }, (_, i) => view.getUint16(2 * i));
  const ordered = wordOrder === 'low-word-first' ? words.toReversed() : words;
  return ordered.map((word, i) => [address + i, word] as const);
}

/** That nobody listens at now. */
export async function freePort(): Promise<{ readonly port: number }> {
  const server = await listenTcp({ host: '127.0.0.1', port: 0 }, () => undefined);
  await server.close();
  return server;
}
