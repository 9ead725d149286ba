// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mutants } from '../../simulation/mutants/catalogue.ts';
import { applyEdit } from '../../simulation/mutants/mutant.ts';
import { runJob } from '../../simulation/run-jobs.ts';

const seeds = Array.from({ length: 50 }, (_, i) => i + 1);

async function invariantAgainst(mutantName: string): Promise<string | undefined> {
  const { world: kind = 'cores' } = mutants.find(({ name }) => name === mutantName) ?? {};
  const outcomes = await runJob({ seeds, kind, mutantName, untilViolation: true });
  return outcomes.at(-1)?.violation?.invariant;
}

test.each([
  ['vote-by-term', 'leader-completeness'],
  ['vote-after-term', 'durable-promises'],
  ['told-before-written', 'entries-once'],
  ['signed-before-written', 'cosignatures'],
  ['half-is-a-majority', 'durable-commit'],
  ['term-not-opened', 'progress'],
])('the known bug %s breaks %s', async (mutantName, invariant) => {
  expect(await invariantAgainst(mutantName)).toBe(invariant);
});

test('each mutant fits the sources as they are', () => {
  for (const { name, edits } of mutants) {
    for (const edit of edits) {
      const source = readFileSync(new URL(`../../../${edit.file}`, import.meta.url), 'utf8');
      expect(applyEdit(source, edit), name).not.toBe(source);
    }
  }
});

test('at least 25 known bugs, each under a name of its own', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(25);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

test('a mutant whose text is gone, or stands there twice, is an error', () => {
  const edit = { file: 'a.ts', find: 'b', replace: 'c' };
  expect(applyEdit('abd', edit)).toBe('acd');
  expect(() => applyEdit('ad', edit)).toThrow('0 times');
  expect(() => applyEdit('abba', edit)).toThrow('2 times');
});
