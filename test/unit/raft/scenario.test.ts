// SPDX-License-Identifier: Apache-2.0
// The runner of scenarios: it reads the form, and it does find differences.

import { expect, test } from 'vitest';
import { parseCases, valuesOf } from '../../scenario/data-driven.ts';
import { runScenario } from '../../scenario/run-scenario.ts';

const scenario = `# A comment.
add-nodes 1 voters=(1) index=3
----
INFO whatever is logged

campaign 1
----
INFO more of it

process-ready 1
----
Ready MustSync=true:
Lead:0 State:StateCandidate
HardState Term:1 Vote:1 Commit:3
`;

test('cases have a command, arguments, input and what is expected', () => {
  const text =
    'go 1 2 drop=(3, 4) type=MsgApp\nv1 l2\n----\n----\na\n\nb\n----\n----\n\nnext\n----\nok\n';
  const cases = parseCases(text);
  expect(cases).toMatchObject([
    { line: 1, command: 'go', input: 'v1 l2', expected: ['a', '', 'b'] },
    { line: 11, command: 'next', args: [], input: '', expected: ['ok'] },
  ]);
  const [first] = cases;
  expect(first?.args.map(({ key }) => key)).toEqual(['1', '2', 'drop', 'type']);
  expect(first && valuesOf(first, 'drop')).toEqual(['3', '4']);
  expect(() => parseCases('never ended\n')).toThrow('line 1');
});

test('what is as expected has no difference, whatever is logged', () => {
  expect(runScenario(scenario)).toEqual({ caseCount: 3, difference: undefined });
});

test('the first difference is named by the line of its command', () => {
  expect(runScenario(scenario.replace('Vote:1', 'Vote:2'))).toEqual({
    caseCount: 2,
    difference: {
      line: 10,
      command: 'process-ready',
      expected: 'HardState Term:1 Vote:2 Commit:3',
      actual: 'HardState Term:1 Vote:1 Commit:3',
    },
  });
  expect(runScenario(`${scenario}Messages:\n`).difference).toMatchObject({
    expected: 'Messages:',
    actual: undefined,
  });
});

test('a command that is not known is not passed over', () => {
  expect(() => runScenario('fly 1\n----\nok\n')).toThrow('fly');
});
