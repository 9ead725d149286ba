// SPDX-License-Identifier: Apache-2.0
// Registers of SunSpec devices as the tests need them, and a line that answers from them.

import type { Answer, Line, LineFault, RegisterRequest } from '../../../../drivers/line.ts';
import { layoutOf } from '../../../../drivers/sunspec/layout.ts';
import { findModel } from '../../../../drivers/sunspec/models.ts';

export type Image = Map<number, number>;

const lengths: Readonly<Record<number, number>> = {
  1: 66,
  101: 50,
  103: 50,
  113: 60,
  123: 24,
  160: 48,
  203: 105,
  701: 153,
  704: 65,
};

/** A model with points set raw by path; all others are not implemented (0x8000 or 0xFFFF, 0). */
export type ModelSettings = {
  readonly id: number;
  readonly length?: number;
  readonly raw?: Readonly<Record<string, number | string>>;
};

export function imageOf(address: number, models: readonly ModelSettings[]): Image {
  const image: Image = new Map([
    [address, 0x5375],
    [address + 1, 0x6e53],
  ]);
  let at = address + 2;
  for (const { id, raw = {}, ...settings } of models) {
    const length = settings.length ?? lengths[id] ?? 4;
    for (let i = 0; i < length; i++) image.set(at + 2 + i, 0x8000);
    image.set(at, id).set(at + 1, length);
    const model = findModel(id);
    const layout =
      model === undefined ? [] : layoutOf(model, { length, countOf: (name) => Number(raw[name]) });
    for (const point of layout) {
      const value = raw[point.path];
      const words = wordsOf(point.type, point.count, value);
      for (const [i, word] of words.entries()) image.set(at + point.offset + i, word);
    }
    at += 2 + length;
  }
  return image.set(at, 0xffff).set(at + 1, 0);
}

function wordsOf(type: string, count: number, value: number | string | undefined): number[] {
  if (typeof value === 'string') {
    const text = value.padEnd(2 * count, '\0');
    return Array.from(
      { length: count },
      (_, i) => (text.charCodeAt(2 * i) << 8) | text.charCodeAt(2 * i + 1),
    );
  }
  if (value !== undefined && type === 'float32') {
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, value);
    return [view.getUint16(0), view.getUint16(2)];
  }
  const isSigned = /^(int|sunssf)/.test(type);
  const zero = type === 'string' || type.startsWith('acc');
  const unset = isSigned
    ? 1n << BigInt(16 * count - 1)
    : zero
      ? 0n
      : (1n << BigInt(16 * count)) - 1n;
  const raw = value === undefined ? (type === 'float32' ? 0x7fc0_0000n : unset) : BigInt(value);
  return Array.from({ length: count }, (_, i) =>
    Number(BigInt.asUintN(16, raw >> BigInt(16 * (count - 1 - i)))),
  );
}

const refused: LineFault = { kind: 'exception', exceptionCode: 2, detail: 'no such register' };

/** `fault`: what happens instead of an answer, if anything. */
export function lineOf(
  image: ReadonlyMap<number, number>,
  fault: (request: RegisterRequest) => LineFault | undefined = () => undefined,
) {
  const requests: RegisterRequest[] = [];
  const line: Line = {
    name: 'scripted',
    request: async (request): Promise<Answer> => {
      requests.push(request);
      const ordered = fault(request);
      if (ordered !== undefined) return { ok: false, fault: ordered };
      const { address, count } = request;
      const registers = Array.from({ length: count }, (_, i) => image.get(address + i));
      return registers.every((word) => word !== undefined)
        ? { ok: true, registers, afterFault: false }
        : { ok: false, fault: refused };
    },
    close: async () => undefined,
  };
  return { line, requests };
}
