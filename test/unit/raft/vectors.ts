// SPDX-License-Identifier: Apache-2.0
// One test for each file of pure data cases of etcd-io/raft: every output is exactly the expected
// one.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Case, parseCases } from '../../scenario/data-driven.ts';

export type Runner = (one: Case) => readonly string[];

export function testVectors(suite: {
  readonly folder: 'quorum' | 'confchange';
  readonly caseCount: number;
  /** Called once a file: cases of one file build on each other. */
  readonly newRunner: () => Runner;
}): void {
  const folder = new URL(`../../vectors/etcd-raft/${suite.folder}/`, import.meta.url);
  const files = readdirSync(folder).map((name) => ({
    name,
    cases: parseCases(readFileSync(new URL(name, folder), 'utf8')),
  }));
  test.each(files)('etcd-io/raft $name', ({ cases }) => {
    const run = suite.newRunner();
    for (const one of cases) {
      expect({ line: one.line, output: run(one) }).toEqual({
        line: one.line,
        output: one.expected,
      });
    }
  });
  test(`there are ${suite.caseCount} cases in ${suite.folder}`, () => {
    expect(files.flatMap(({ cases }) => cases)).toHaveLength(suite.caseCount);
  });
}
