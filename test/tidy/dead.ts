// SPDX-License-Identifier: Apache-2.0
// Dead sources: files to which no path leads from where a program starts. The product is to be reached from
// its command line: what only tests reach is dead, too.

import { extname } from 'node:path';
import { importsOf, resolveFrom } from './imports.ts';
import type { Problem, Source } from './tree.ts';

const starts = {
  product: /^(tieline\.ts|deploy\/.*\.mjs)$/,
  tests: /^(test\/(.*\.test|(demo|bench|simulation|fuzz|soak|faults)\/main)|vitest\.config)\.ts$/,
};

/** Written before what uses it. Once that is there, the line goes. */
const ahead: readonly { readonly file: string; readonly until: string }[] = [
  { file: 'base/noble-suite.ts', until: 'the verifier runs in a browser' },
];

export function checkDeadFiles(files: readonly Source[]): Problem[] {
  const known = new Map(files.map((file) => [file.path, file]));
  const reach = (isStart: (path: string) => boolean): Set<string> => {
    const reached = new Set<string>();
    const open = [...known.keys()].filter(isStart);
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      const file = known.get(path);
      if (file === undefined || reached.has(path)) continue;
      reached.add(path);
      open.push(...referencesOf(file));
    }
    return reached;
  };
  const inUse = reach((path) => starts.product.test(path));
  const early = ahead.filter(({ file }) => known.has(file));
  const used = inUse.union(reach((path) => early.some(({ file }) => file === path)));
  const tested = reach((path) => starts.tests.test(path));
  const late = early
    .filter(({ file }) => inUse.has(file))
    .map(({ file, until }) => ({
      path: 'test/tidy/dead.ts',
      line: 1,
      message: `${file} is in use: the line "until ${until}" can go`,
    }));
  const dead = [...known.keys()]
    .filter(
      (path) => !(starts.tests.test(path) || path.startsWith('test/') ? tested : used).has(path),
    )
    .map((path) => ({
      path,
      line: 1,
      message: tested.has(path)
        ? 'only tests reach this file: use it, or delete it with its tests'
        : 'no program and no test reaches this file: use it or delete it',
    }));
  return [...late, ...dead];
}

/** Files that this one imports; or names, as a program to start: from where it stands, or from the root. */
function referencesOf(file: Source): string[] {
  const imported = importsOf(file).map(({ specifier }) => resolveFrom(file.path, specifier));
  const named = file.nodes.flatMap((node) => {
    const text = node.type === 'TemplateElement' ? cookedOf(node.value) : node.value;
    if (typeof text !== 'string' || !/^[\w./-]+$/.test(text)) return [];
    const path = extname(text) === '' ? `${text}${extname(file.path)}` : text;
    return [path, resolveFrom(file.path, path)];
  });
  return [...imported, ...named];
}

function cookedOf(value: unknown): unknown {
  return (value as { readonly cooked?: unknown }).cooked;
}
