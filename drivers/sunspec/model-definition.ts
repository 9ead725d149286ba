// SPDX-License-Identifier: Apache-2.0
// What a SunSpec model is, as data, and how its rows are read. A row says the points in their order:
// `W:int16@W_SF/W` is name, type, scale factor and unit; `Mn:string*16` takes 16 registers;
// `Crv[NCrv]{ … }` is a group as often as NCrv says, `module[*]{ … }` one that fills the model. The
// two registers before them, ID and L, stand in no row.

import { assert } from '../../base/assert.ts';

const registerCounts = {
  int16: 1,
  uint16: 1,
  count: 1,
  enum16: 1,
  bitfield16: 1,
  sunssf: 1,
  pad: 1,
  int32: 2,
  uint32: 2,
  acc32: 2,
  bitfield32: 2,
  float32: 2,
  uint64: 4,
  acc64: 4,
} as const;

export type PointType = keyof typeof registerCounts | 'string';

export type Point = {
  readonly name: string;
  readonly type: PointType;
  /** How many registers it takes. */
  readonly count: number;
  /** The point that holds its scale factor: value = raw × 10^(that). */
  readonly scaleFactor: string | undefined;
  /** In SunSpec's words. */
  readonly unit: string | undefined;
};

export type Group = {
  readonly name: string;
  /** The point that says how often it stands there; null: as often as there is room. */
  readonly repeats: 'once' | string | null;
  readonly points: readonly Point[];
  /** After the points. */
  readonly groups: readonly Group[];
};

export type Model = { readonly id: number; readonly name: string; readonly body: Group };

/** Models of one layout. */
export type ModelRow = {
  readonly names: Readonly<Record<number, string>>;
  readonly points: string;
};

export function modelsOf({ names, points }: ModelRow): readonly Model[] {
  const body = groupOf(points.trim().split(/\s+/).values(), { name: '', repeats: 'once' });
  return Object.entries(names).map(([id, name]) => ({ id: Number(id), name, body }));
}

/** Takes the words of one group, up to its closing brace. */
function groupOf(words: ArrayIterator<string>, head: Pick<Group, 'name' | 'repeats'>): Group {
  const points: Point[] = [];
  const groups: Group[] = [];
  for (let word = words.next(); !word.done && word.value !== '}'; word = words.next()) {
    const [, name = '', repeats] = /^(\w+)(?:\[(\w+|\*)\])?\{$/.exec(word.value) ?? [];
    if (name === '') points.push(pointOf(word.value));
    else groups.push(groupOf(words, { name, repeats: repeatsOf(repeats) }));
  }
  return { ...head, points, groups };
}

function repeatsOf(text: string | undefined): Group['repeats'] {
  return text === '*' ? null : (text ?? 'once');
}

function pointOf(word: string): Point {
  const match = /^(\w+):([a-z0-9]+)(?:\*(\d+))?(?:@(\w+))?(?:\/(.+))?$/.exec(word);
  const [, name = '', type = '', characters, scaleFactor, unit] = match ?? [];
  assert(type === 'string' || Object.hasOwn(registerCounts, type), `a point, not ${word}`);
  const count =
    type === 'string' ? characters : registerCounts[type as keyof typeof registerCounts];
  return { name, type: type as PointType, count: Number(count), scaleFactor, unit };
}
