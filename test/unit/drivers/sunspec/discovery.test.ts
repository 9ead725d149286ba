// SPDX-License-Identifier: Apache-2.0
// What a SunSpec device has, and devices that lie about it.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../../base/limits.ts';
import type { Answer, LineFault } from '../../../../drivers/line.ts';
import { type Ask, discover } from '../../../../drivers/sunspec/discovery.ts';
import { readVectors } from '../../../vectors/read-vectors.ts';
import { imageOf, lineOf } from './sunspec-image.ts';

type Named = { readonly name: string; readonly frames?: string[]; readonly hex?: string };
const { vectors } = readVectors<{
  readonly vectors: (Named & { readonly map?: [number, number, number][] })[];
}>('sunspec.json');
const vector = (start: string) => vectors.find(({ name }) => name.startsWith(start));

const asker = (image: ReadonlyMap<number, number>): Ask => {
  const { line } = lineOf(image);
  return (address, count) => line.request({ unit: 1, functionCode: 3, address, count });
};
const found = async (ask: Ask) => {
  const discovery = await discover(ask);
  if (!discovery.ok) throw new Error(discovery.fault.detail);
  return discovery;
};
const map = async (ask: Ask) =>
  (await found(ask)).models.map(({ id, address, length }) => [address, id, length]);

test.each([40_000, 0, 50_000])('the marker is found at %i', async (address) => {
  const image = imageOf(address, [{ id: 1 }, { id: 103 }]);
  expect(await found(asker(image))).toMatchObject({ address, flaw: undefined });
});

test('a scan by pysunspec2: words of its frames', async () => {
  const words = (vector('pysunspec2')?.frames ?? []).map((hex) =>
    Array.from(hex.slice(18).match(/.{4}/g) ?? [], (word) => Number.parseInt(word, 16)),
  );
  const [start = [], length = [], next = [], nextLength = [], end = []] = words;
  const image = new Map<number, number>();
  const put = (address: number, values: number[]) => {
    for (const [i, value] of values.entries()) image.set(address + i, value);
  };
  put(40_000, [...start, ...length]);
  put(40_070, [...next, ...nextLength]);
  put(40_136, [...end, 0]);
  expect(await map(asker(image))).toEqual([
    [40_002, 1, 66],
    [40_070, 126, 64],
  ]);
});

test("SolarEdge's common model has 65 registers", async () => {
  const frame = vector('SolarEdge')?.hex ?? '';
  const data = Array.from(frame.slice(18).match(/.{4}/g) ?? [], (word) =>
    Number.parseInt(word, 16),
  );
  const image = imageOf(40_000, [{ id: 1, length: 65 }, { id: 103 }]);
  for (const [i, word] of data.entries()) image.set(40_000 + i, word);
  expect(await map(asker(image))).toEqual([
    [40_002, 1, 65],
    [40_069, 103, 50],
  ]);
});

test('a meter with signed records: the map of its documentation', async () => {
  const documented = vector('BSM')?.map ?? [];
  const models = documented.map(([, id, length]) => ({ id, length }));
  // Between the last two stand more records of 64901 than the documentation lists.
  const listed = documented.slice(0, -1);
  const walked = await map(asker(imageOf(40_000, models)));
  expect(walked.slice(0, listed.length)).toEqual(listed);
});

describe('a device that lies', () => {
  test('a chain without end is cut off', async () => {
    const endless: Ask = async (address, count) =>
      ({
        ok: true,
        registers: address === 40_000 ? [0x5375, 0x6e53] : [64_001, 0].slice(0, count),
        afterFault: false,
      }) satisfies Answer;
    const { models, flaw } = await found(endless);
    expect(models.length).toBe(limits.sunspecModelsMax);
    expect(flaw).toMatch('no end');
  });

  test('a length that leaves the address space ends the walk', async () => {
    const image = imageOf(40_000, [{ id: 1 }])
      .set(40_070, 103)
      .set(40_071, 65_535);
    const { models, flaw } = await found(asker(image));
    expect(models.length).toBe(1);
    expect(flaw).toMatch('behind the last register');
  });

  test('an end that is missing: what stands before it counts', async () => {
    const image = imageOf(40_000, [{ id: 1 }, { id: 103 }]);
    image.delete(40_122);
    const { models, flaw } = await found(asker(image));
    expect(models.map(({ id }) => id)).toEqual([1, 103]);
    expect(flaw).toMatch('breaks off at 40122');
  });

  test('any answers: a bounded number of questions, and models that do not overlap', async () => {
    const word = fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 1, 103, 0xffff));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 2, maxLength: 300 }), async (words) => {
        let asked = 0;
        const ask: Ask = async (address, count) => {
          asked += 1;
          const marker = address === 40_000;
          const from = (i: number) => words[(2 * asked + i) % words.length] ?? 0;
          const registers = marker
            ? [0x5375, 0x6e53]
            : Array.from({ length: count }, (_, i) => from(i));
          return { ok: true, registers, afterFault: false };
        };
        const { models } = await found(ask);
        expect(asked).toBeLessThanOrEqual(limits.sunspecModelsMax + 2);
        let end = 40_002;
        for (const { address, length } of models) {
          expect(address).toBe(end);
          end = address + 2 + length;
          expect(end).toBeLessThanOrEqual(65_536);
        }
      }),
      { seed: 20_260, numRuns: 300 },
    );
  });
});

test('a device that is silent is asked once, one without the marker is told from it', async () => {
  const silent: LineFault = { kind: 'time-out', detail: 'silent' };
  const { line, requests } = lineOf(new Map(), () => silent);
  const ask: Ask = (address, count) => line.request({ unit: 1, functionCode: 3, address, count });
  expect(await discover(ask)).toEqual({ ok: false, fault: silent });
  expect(requests.length).toBe(1);
  expect(await discover(asker(new Map()))).toMatchObject({
    ok: false,
    fault: { detail: expect.stringContaining('no SunS at 40000, 0, 50000') },
  });
});
