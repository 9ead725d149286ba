// SPDX-License-Identifier: Apache-2.0
// The list of pitfalls names tests, mutants and scenarios that there are, and leaves no mutant out.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mutants } from '../../simulation/mutants/catalogue.ts';

const folder = new URL('../../', import.meta.url);
const text = readFileSync(new URL('../docs/raft-pitfalls.md', folder), 'utf8');
const rows = text.split('\n').filter((line) => /^\| \d/.test(line));
const quoted = rows.flatMap((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word));

test('there are 32, each with something that watches for it', () => {
  const numbers = rows.map((row) => Number(/^\| (\d+)/.exec(row)?.[1]));
  expect(numbers).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
  for (const row of rows) expect(row).toMatch(/\| .*`.+` ?.*\|$/);
});

test('the test files are there', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const named = quoted.filter((word) => word.endsWith('.test.ts'));
  expect(named.length).toBeGreaterThan(20);
  const missing = named.filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)));
  expect(missing).toEqual([]);
});

test('so are the scenarios, and every mutant is named', () => {
  const scenarios = readdirSync(new URL('vectors/etcd-raft/interaction/', folder));
  const named = rows.flatMap((row) => /Scenario ((?:`[^`]+`(?:, )?)+)/i.exec(row)?.[1] ?? []);
  expect(named.length).toBeGreaterThan(4);
  for (const [, name] of named.join().matchAll(/`([^`]+)`/g)) {
    expect(scenarios).toContain(`${name}.txt`);
  }
  const left = mutants.map(({ name }) => name).filter((name) => !quoted.includes(name));
  expect(left).toEqual([]);
});
