// SPDX-License-Identifier: Apache-2.0
// Reads data-driven test files, the form of etcd-io/raft's: `command arguments`, input lines,
// `----`, expected lines up to an empty one (or between doubled `----`). Lines that start with `#`
// are comments.

import { assert } from '../../base/assert.ts';

export type Argument = { readonly key: string; readonly values: readonly string[] };

export type Case = {
  /** Of the command, from 1. */
  readonly line: number;
  readonly command: string;
  /** `3`, `drop=(2,3)`, `type=MsgApp`: a key, and values if there is a `=`. */
  readonly args: readonly Argument[];
  readonly input: string;
  readonly expected: readonly string[];
};

const separator = '----';

export function parseCases(text: string): readonly Case[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const cases: Case[] = [];
  let at = 0;
  while (at < lines.length) {
    const directive = lines[at] ?? '';
    if (directive === '' || directive.startsWith('#')) {
      at += 1;
      continue;
    }
    const inputEnd = lines.indexOf(separator, at);
    assert(inputEnd !== -1, `line ${at + 1}: a command is followed by ${separator}`);
    const { expected, next } = readExpected(lines, inputEnd + 1);
    const [command = '', ...rest] = tokens(directive);
    cases.push({
      line: at + 1,
      command,
      args: rest.map(parseArgument),
      input: lines.slice(at + 1, inputEnd).join('\n'),
      expected,
    });
    at = next;
  }
  return cases;
}

/** The values of `key=…`; none if it is not there. */
export function valuesOf(one: Case, key: string): readonly string[] {
  return one.args.find((arg) => arg.key === key)?.values ?? [];
}

/** The arguments without values, as numbers: `stabilize 1 2`. */
export function numbersOf(one: Case): readonly number[] {
  const bare = one.args.filter(({ values }) => values.length === 0);
  return bare.map(({ key }) => Number(key));
}

function readExpected(
  lines: readonly string[],
  from: number,
): { readonly expected: readonly string[]; readonly next: number } {
  if (lines[from] === separator) {
    let end = from + 1;
    while (end < lines.length && !(lines[end] === separator && lines[end + 1] === separator)) {
      end += 1;
    }
    return { expected: lines.slice(from + 1, end), next: end + 2 };
  }
  const blank = lines.indexOf('', from);
  const end = blank === -1 ? lines.length : blank;
  return { expected: lines.slice(from, end), next: end + 1 };
}

/** Split at spaces, but not within parentheses. */
function tokens(directive: string): readonly string[] {
  return directive.match(/[^\s=]+=\([^)]*\)|\S+/g) ?? [];
}

function parseArgument(token: string): Argument {
  const [, key = token, list] = token.match(/^([^=]+)=\(?([^)]*)\)?$/) ?? [];
  if (list === undefined) return { key, values: [] };
  return { key, values: list.split(/[\s,]+/).filter((value) => value !== '') };
}
