// SPDX-License-Identifier: Apache-2.0
// Curves within sets of curves (models 707 to 710), as our own reading finds them in the simulated device.

import { expect, test } from 'vitest';
import { PlantSlave } from '../../../../drivers/simulator/plant-slave.ts';
import { type Ask, discover } from '../../../../drivers/sunspec/discovery.ts';
import { layoutOf } from '../../../../drivers/sunspec/layout.ts';
import { findModel } from '../../../../drivers/sunspec/models.ts';
import { pointValue, scaleFactor } from '../../../../drivers/sunspec/point-value.ts';
import { readWords } from '../../../../drivers/sunspec/read-words.ts';

const slave = new PlantSlave({ seed: 3, timeMs: 0 });
const ask: Ask = async (address, count) => {
  const request = Uint8Array.of(3, address >> 8, address & 0xff, count >> 8, count & 0xff);
  const answer = slave.answer(request, 0);
  if (answer[0] !== 3) {
    return { ok: false, fault: { kind: 'exception', exceptionCode: 2, detail: 'none' } };
  }
  const view = new DataView(answer.buffer, answer.byteOffset + 2);
  const registers = Array.from({ length: count }, (_, i) => view.getUint16(2 * i));
  return { ok: true, registers, afterFault: false };
};

/** By path: raw × 10^exponent; null where not implemented. */
async function pointsOf(id: number): Promise<ReadonlyMap<string, number | null>> {
  const found = await discover(ask);
  const model = findModel(id);
  const place = found.ok ? found.models.find((one) => one.id === id) : undefined;
  if (model === undefined || place === undefined) throw new Error(`no model ${id}`);
  const read = await readWords(ask, { address: place.address, count: 2 + place.length });
  if (!read.ok) throw new Error(read.fault.detail);
  const word = (offset: number) => read.words.get(place.address + offset) ?? 0;
  const head = layoutOf(model, { length: place.length, countOf: () => 0 });
  const countOf = (name: string) => word(head.find(({ path }) => path === name)?.offset ?? 0);
  const values = layoutOf(model, { length: place.length, countOf }).map((point) => {
    const words = Array.from({ length: point.count }, (_, i) => word(point.offset + i));
    const value = pointValue(point.type, words);
    const { scaleFactorOffset } = point;
    const exponent = scaleFactorOffset === undefined ? 0 : scaleFactor(word(scaleFactorOffset));
    const number = value.kind === 'integer' && exponent !== undefined;
    return [point.path, number ? Number(`${value.value}e${exponent}`) : null] as const;
  });
  return new Map(values);
}

test.each([
  { id: 707, level: 'V', first: [80, 3], second: [45, 0.3] },
  { id: 708, level: 'V', first: [110, 60], second: [125, 0.1] },
  { id: 709, level: 'Hz', first: [47.5, 0.1], second: [null, null] },
  { id: 710, level: 'Hz', first: [51.5, 0.1], second: [null, null] },
])('model $id: sets, curves, points with their scale factors', async ({ id, level, ...curve }) => {
  const points = await pointsOf(id);
  const at = (...paths: readonly string[]) => paths.map((path) => points.get(path));
  expect(at('Ena', 'NPt', 'NCrvSet')).toEqual([1, 2, 2]);
  expect(at('Crv[1].ReadOnly', 'Crv[2].ReadOnly')).toEqual([1, 0]);
  const set = 'Crv[1].MustTrip';
  expect(points.get(`${set}.ActPt`)).toBe(curve.second[0] === null ? 1 : 2);
  expect(at(`${set}.Pt[1].${level}`, `${set}.Pt[1].Tms`)).toEqual(curve.first);
  expect(at(`${set}.Pt[2].${level}`, `${set}.Pt[2].Tms`)).toEqual(curve.second);
  expect(at('Crv[2].MayTrip.ActPt', 'Crv[2].MomCess.ActPt')).toEqual([0, null]);
  // Of the last register of the model, too.
  expect(points.get('Crv[2].MomCess.Pt[2].Tms')).toBeNull();
  expect(points.has('Crv[3].ReadOnly')).toBe(false);
});
