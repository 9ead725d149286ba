// SPDX-License-Identifier: Apache-2.0
// Runs one scenario file and finds the first case in which we differ from what it expects, in a
// projection: log lines are left out, and so is which of two encodings a configuration change has.

import { runCommand } from './commands.ts';
import { type Case, parseCases, valuesOf } from './data-driven.ts';
import { Group } from './group.ts';

/** In what the command at `line` does; `undefined` where one side has no more to say. */
export type Difference = {
  readonly line: number;
  readonly command: string;
  readonly expected: string | undefined;
  readonly actual: string | undefined;
};

export type Outcome = { readonly caseCount: number; readonly difference: Difference | undefined };

export function runScenario(text: string): Outcome {
  const group = new Group();
  const cases = parseCases(text);
  let isQuiet = false;
  for (const [i, one] of cases.entries()) {
    const lines = runCommand(group, one);
    if (one.command === 'log-level') isQuiet = one.args[0]?.key === 'none';
    const isSilent = isQuiet || valuesOf(one, 'log-level')[0] === 'none';
    const difference = compare(one, project(isSilent ? lines.filter(isError) : lines));
    if (difference !== undefined) return { caseCount: i, difference };
  }
  return { caseCount: cases.length, difference: undefined };
}

function compare(one: Case, actual: readonly string[]): Difference | undefined {
  const expected = project(one.expected);
  const count = Math.max(expected.length, actual.length);
  for (let i = 0; i < count; i += 1) {
    if (expected[i] === actual[i]) continue;
    const { line, command } = one;
    return { line, command, expected: expected[i], actual: actual[i] };
  }
  return undefined;
}

function project(lines: readonly string[]): readonly string[] {
  return lines
    .filter((line) => line !== 'ok' && !/^\s*(DEBUG|INFO|WARN|ERROR|FATAL) /.test(line))
    .map((line) => line.replace('EntryConfChangeV2', 'EntryConfChange').trimEnd());
}

/** What is printed even when everything else is silenced. */
function isError(line: string): boolean {
  return line === 'raft proposal dropped';
}
