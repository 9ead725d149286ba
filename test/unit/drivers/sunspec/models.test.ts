// SPDX-License-Identifier: Apache-2.0
// Our rows say of every point what the published definitions of the models say.

import { describe, expect, test } from 'vitest';
import { layoutOf } from '../../../../drivers/sunspec/layout.ts';
import { acModels } from '../../../../drivers/sunspec/measured.ts';
import type { Group } from '../../../../drivers/sunspec/model-definition.ts';
import { findModel, modelIds } from '../../../../drivers/sunspec/models.ts';
import { readVectors } from '../../../vectors/read-vectors.ts';

type PublishedGroup = {
  readonly name: string;
  readonly count?: number | string;
  readonly points: readonly {
    readonly name: string;
    readonly type: string;
    readonly size: number;
    readonly sf?: string;
    readonly units?: string;
  }[];
  readonly groups?: readonly PublishedGroup[];
};

const published = (id: number) =>
  readVectors<{ readonly group: PublishedGroup }>(`sunspec/model_${id}.json`).group;

function expectAlike(ours: Group, theirs: PublishedGroup, skipped: number): void {
  const points = theirs.points.slice(skipped).map(({ name, type, size, sf, units }) => {
    return { name, type, count: size, scaleFactor: sf, unit: units?.replaceAll(' ', '') };
  });
  expect(ours.points).toEqual(points);
  const groups = theirs.groups ?? [];
  expect(ours.groups.map(({ name }) => name)).toEqual(groups.map(({ name }) => name));
  for (const [i, group] of groups.entries()) {
    const mine = ours.groups[i] as Group;
    const repeats = group.count === 0 ? null : (group.count ?? 'once');
    expect(mine.repeats).toBe(repeats);
    expectAlike(mine, group, 0);
  }
}

describe.each(modelIds())('model %i', (id) => {
  test('is as published', () => {
    expectAlike(findModel(id)?.body as Group, published(id), 2);
  });
});

test('what is said to be measured are points of the model', () => {
  for (const [id, { measured }] of acModels) {
    const model = findModel(id);
    expect(model).toBeDefined();
    const names = new Set(model?.body.points.map(({ name }) => name));
    for (const { point } of measured) expect(names).toContain(point);
    const codes = measured.map(({ measurand }) => measurand.obis);
    expect(new Set(codes).size).toBe(codes.length);
  }
});

const vectors = readVectors<{
  readonly model_offsets_including_header: Record<string, Record<string, unknown>>;
}>('sunspec.json');

test('offsets are as in the vectors', () => {
  for (const [id, { L, ...offsets }] of Object.entries(vectors.model_offsets_including_header)) {
    const model = findModel(Number(id));
    if (model === undefined) throw new Error(`no model ${id}`);
    const layout = layoutOf(model, { length: Number(L ?? 1_000), countOf: () => 0 });
    for (const [name, place] of Object.entries(offsets)) {
      const [offset, count] = [place].flat();
      const point = layout.find(({ path }) => path === name);
      expect(point).toMatchObject({ offset });
      if (typeof count === 'number') expect(point).toMatchObject({ count });
    }
  }
});
