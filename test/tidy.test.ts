// SPDX-License-Identifier: Apache-2.0
// The style of the house that neither compiler nor Biome checks. Each rule is shown a breach of it first.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkBannedNames, checkBufferTypes } from './tidy/banned.ts';
import { checkDeadFiles } from './tidy/dead.ts';
import {
  checkDependencies,
  checkHeading,
  checkLock,
  checkReadmes,
  checkWords,
} from './tidy/documents.ts';
import {
  checkColumns,
  checkExports,
  checkFileSize,
  checkFunctions,
  checkLicence,
  checkName,
} from './tidy/form.ts';
import { checkFuzzed } from './tidy/fuzzed.ts';
import { checkImports } from './tidy/imports.ts';
import {
  isSource,
  listTree,
  type Problem,
  type Source,
  source,
  type TextFile,
  textFile,
} from './tidy/tree.ts';

const root = new URL('../', import.meta.url);
const paths = listTree(root);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const isVector = (path: string): boolean => /^test\/vectors\/.*(?<!\.ts)$/.test(path);
const sources = paths.filter(isSource).map((path) => source(path, read(path)));
const documents = paths
  .filter((path) => path.endsWith('.md') && !isVector(path))
  .map((path) => textFile(path, read(path)));
const lock = 'package-lock.json';
const texts = paths
  .filter((path) => !isVector(path) && path !== lock)
  .map((path) => textFile(path, read(path)));

function show(problems: readonly Problem[]): string[] {
  return problems.map(({ path, line, message }) => `${path}:${line}: ${message}`);
}

function breaks(check: (file: Source) => Problem[], path: string, text = ''): boolean {
  return check(source(path, text)).length > 0;
}

const rules: readonly {
  readonly name: string;
  readonly check: (file: Source) => Problem[];
  /** Files that break the rule, and files that do not. */
  readonly bad: Record<string, string>;
  readonly good: Record<string, string>;
}[] = [
  {
    name: 'imports follow the table of ARCHITECTURE.md',
    check: checkImports,
    bad: {
      'base/a.ts': "import { b } from '../host/b.ts';",
      'base/b.ts': "import { hash } from 'node:crypto';",
      'contracts/a.ts': "import type { B } from '../sidechain/chain/b.ts';",
      'sidechain/raft/a.ts': "export { b } from '../chain/b.ts';",
      'sidechain/store/a.ts': "import { b } from '../node.ts';",
      'dispatch/a.ts': "import { b } from '../sidechain/store/b.ts';",
      'tieline.ts': "await import('./drivers/b.ts');",
      'agent/a.ts': "import Sqlite from 'better-sqlite3';",
      'host/a.ts': "import mqtt from 'mqtt';",
      'host/http.ts': "import express from 'express';",
      'elsewhere/a.ts': "import { b } from '../base/b.ts';",
    },
    good: {
      'base/keys.ts': "import { sign } from 'node:crypto';",
      'sidechain/node.ts': "import { b } from './store/b.ts';",
      'agent/a.ts': "import { b } from '../sidechain/chain/b.ts';",
      'host/sqlite-connection.ts': "import Sqlite from 'better-sqlite3';",
      'test/a.ts': "import { b } from '../host/b.ts';",
    },
  },
  {
    name: 'clocks, timers, randomness, exits and tests left out have their places',
    check: checkBannedNames,
    bad: {
      'agent/a.ts': 'const clock = { nowMs: Date.now };',
      'base/a.ts': 'const now = new Date();',
      'sidechain/node.ts': 'setTimeout(() => {}, 5);',
      'test/a.ts': 'const chance = Math.random();',
      'host/log.ts': "console.log('hello');",
      'dispatch/a.ts': 'process.exit(1);',
      'test/unit/a.test.ts': "test.skip('later', () => {});",
      'test/unit/b.test.ts': "test.each([1]).only('this', () => {});",
      'test/unit/c.test.ts': "describe.skipIf(true)('later', () => {});",
    },
    good: {
      'host/clock.ts': 'export const nowMs = () => Date.now();',
      'agent/a.ts': 'const then = new Date(timeMs); client.setTimeout(5);',
      'test/unit/a.test.ts': "test.each([1])('only %s', () => {});",
    },
  },
  {
    name: 'what is exported says Uint8Array, not Buffer',
    check: checkBufferTypes,
    bad: { 'base/a.ts': 'export function a(bytes: Buffer): void {}' },
    good: { 'host/a.ts': 'function a(bytes: Buffer): void {}' },
  },
  {
    name: 'a file is named in kebab-case, after its concept',
    check: checkName,
    bad: {
      'base/theTree.ts': '',
      'base/utils.ts': '',
      'host/common/a.ts': '',
      'drivers/modbus/index.ts': '',
    },
    good: { 'base/hash-list.ts': '', 'drivers/index.ts': '', 'test/unit/a-b.test.ts': '' },
  },
  {
    name: 'a file begins with its licence',
    check: checkLicence,
    bad: { 'base/a.ts': '// What it is.\n' },
    good: { 'deploy/a.mjs': '#!/usr/bin/env node\n// SPDX-License-Identifier: Apache-2.0\n' },
  },
  {
    name: 'a file has at most 400 lines',
    check: checkFileSize,
    bad: { 'base/a.ts': '\n'.repeat(401) },
    good: { 'base/a.ts': '\n'.repeat(400) },
  },
  {
    name: 'a function has at most 70 lines',
    check: checkFunctions,
    bad: {
      'base/a.ts': `function a() {${'\n'.repeat(70)}}`,
      'base/b.ts': `class B { b() {${'\n'.repeat(70)}} }`,
      'test/a.test.ts': `test('a', () => {${'\n'.repeat(70)}});`,
    },
    good: {
      'base/a.ts': `function a() {${'\n'.repeat(69)}}`,
      'test/a.test.ts': `describe('a', () => {${'\n'.repeat(70)}});`,
    },
  },
  {
    name: 'a line of code has at most 100 columns, one of a comment 110',
    check: checkColumns,
    bad: {
      'base/a.ts': `f(${'1, '.repeat(40)});`,
      'base/b.ts': `// ${'word '.repeat(23)}`,
      'base/c.ts': `f(a, '${'word '.repeat(23)}');`,
    },
    good: {
      'base/a.ts': `const a =\n  '${'word '.repeat(30)}';`,
      'base/b.ts': `// ${'w'.repeat(107)}`,
    },
  },
  {
    name: 'exports go by name, and no file only passes on',
    check: checkExports,
    bad: { 'base/a.ts': "export * from './b.ts';", 'base/b.ts': "export { c } from './c.ts';" },
    good: {
      'base/index.ts': "export { c } from './c.ts';",
      'base/a.ts': "export type { C } from './c.ts';\nexport const d = 1;",
    },
  },
];

for (const { name, check, bad, good } of rules) {
  describe(name, () => {
    test('the rule sees a breach, and only a breach', () => {
      expect(Object.keys(bad).filter((path) => !breaks(check, path, bad[path]))).toEqual([]);
      expect(Object.keys(good).filter((path) => breaks(check, path, good[path]))).toEqual([]);
    });

    test('the tree keeps it', () => {
      expect(show(sources.flatMap((file) => check(file)))).toEqual([]);
    });
  });
}

describe('every source is reached', () => {
  test('the rule sees a file that is not', () => {
    const found = checkDeadFiles([
      source('tieline.ts', "await import('./agent/run.ts'); import './base/noble-suite.ts';"),
      source('base/noble-suite.ts', ''),
      source('agent/run.ts', "new Worker(new URL('./thread.ts', import.meta.url));"),
      source('agent/thread.ts', ''),
      source('base/tested.ts', ''),
      source('base/forgotten.ts', ''),
      source('test/unit/tested.test.ts', "import '../../base/tested.ts'; spawn('../program.ts');"),
      source('test/program.ts', ''),
      source('test/forgotten.ts', ''),
    ]);
    expect(found.map(({ path }) => path)).toEqual([
      'test/tidy/dead.ts',
      'base/tested.ts',
      'base/forgotten.ts',
      'test/forgotten.ts',
    ]);
  });

  test('the tree has none', () => {
    expect(show(checkDeadFiles(sources))).toEqual([]);
  });
});

describe('every decoder is fuzzed', () => {
  test('the rule sees one that is not, and a reason that is none any more', () => {
    const files = [
      source('base/a.ts', 'export function decodeA(bytes: Uint8Array): A {}'),
      source('base/b.ts', 'export function parseB(text: string): B {}'),
      source('base/c.ts', 'export function openC(suite: Suite, input: Uint8Array): C {}'),
      source('base/d.ts', 'export function encodeD(bytes: Uint8Array): D {}'),
      source('base/e.ts', 'export async function readE(bytes: Uint8Array): E {}'),
      source('test/fuzz/decoders.ts', "import { parseB } from '../../base/b.ts';"),
    ];
    const found = checkFuzzed(files, { 'base/c.ts openC': 'x', 'base/gone.ts openF': 'y' });
    expect(found.map(({ path }) => path)).toEqual(['base/a.ts', 'test/tidy/fuzzed.ts']);
  });

  test('the tree has none', () => {
    expect(show(checkFuzzed(sources))).toEqual([]);
  });
});

describe('documents and words', () => {
  const heading = (text: string): TextFile => textFile('docs/a.md', text);

  test('the rules see a breach, and only a breach', () => {
    expect(checkHeading(heading('# A\n\n```sh\n# b\n```\n'))).toEqual([]);
    expect(checkHeading(heading('## A\n'))).toHaveLength(1);
    expect(checkHeading(heading('# A\n# B\n'))).toHaveLength(1);
    const files = ['a/README.md', 'a/b/c.ts', 'd/e.ts', '.ci/run'];
    expect(checkReadmes(files).map(({ path }) => path)).toEqual(['d/README.md']);
    const words = [
      `// TO${'DO'}: later`,
      `cd /${'work'}/main`,
      `curl https://downloads${'.somewhere.io'}/x`,
      `npm --registry https://registry${'.npmjs.org'}`,
      'see https://www.rfc-editor.org/rfc/rfc9162 and mqtts://user:pw@broker.grid.example:8883',
      'curl http://127.0.0.1:8080/api/v1/chains',
    ].join('\n');
    expect(checkWords(heading(words)).map(({ line }) => line)).toEqual([1, 2, 3, 4]);
  });

  test('a document has one title', () => {
    expect(show(documents.flatMap(checkHeading))).toEqual([]);
  });

  test('a folder has its README.md', () => {
    expect(show(checkReadmes(paths))).toEqual([]);
  });

  test('nothing is unfinished, and no machine, registry or foreign host is named', () => {
    expect(show(texts.flatMap(checkWords))).toEqual([]);
  });
});

describe('dependencies', () => {
  const path = 'docs/decisions/001-dependencies.md';

  test('the rule sees one that is not justified or not pinned', () => {
    const document = textFile(path, '- `a`: reads what we would rather not write.\n- `b`\n');
    const manifest = { dependencies: { a: '^1.2.3' }, devDependencies: { b: '2.0.0' } };
    expect(show(checkDependencies(manifest, document))).toEqual([
      `${path}:1: justify \`b\` in a line`,
      'package.json:1: pin a: one exact version',
    ]);
  });

  test('the lock file names no download address', () => {
    expect(checkLock(textFile(lock, '"resolved": "somewhere"'))).toHaveLength(1);
    expect(show(checkLock(textFile(lock, read(lock))))).toEqual([]);
  });

  test('each is justified and pinned', () => {
    const manifest = JSON.parse(read('package.json'));
    const text = paths.includes(path) ? read(path) : '';
    expect(show(checkDependencies(manifest, textFile(path, text)))).toEqual([]);
  });
});
