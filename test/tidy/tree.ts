// SPDX-License-Identifier: Apache-2.0
// The files of the repository as the tidy rules see them: text, lines, and for sources the syntax tree. What
// .gitignore names is not part of the tree.

import { readdirSync, readFileSync } from 'node:fs';
import { extname, posix } from 'node:path';
import { parseAst } from 'vitest/node';

/** A node of an ESTree. */
export type SyntaxNode = {
  readonly type: string;
  /** Offsets into the text. */
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
};

export type TextFile = {
  /** From the root of the repository, e.g. `base/cbor.ts`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
};

/** TypeScript and JavaScript. */
export type Source = TextFile & {
  /** Statements of the top level. */
  readonly body: readonly SyntaxNode[];
  /** All nodes, each before what it holds. */
  readonly nodes: readonly SyntaxNode[];
};

/** What a rule finds: where, what, and how it is mended. */
export type Problem = { readonly path: string; readonly line: number; readonly message: string };

export function textFile(path: string, text: string): TextFile {
  return { path, text, lines: text.split('\n') };
}

export function source(path: string, text: string): Source {
  const lang = extname(path) === '.ts' ? 'ts' : 'js';
  const program = parseAst(text, { lang }) as unknown as SyntaxNode;
  return {
    ...textFile(path, text),
    body: program.body as readonly SyntaxNode[],
    nodes: [...nodesOf(program)],
  };
}

export function isSource(path: string): boolean {
  return /\.(ts|mjs)$/.test(path);
}

/** Paths of all files below the root, without those that .gitignore names. */
export function listTree(root: URL): string[] {
  const ignored = readFileSync(new URL('.gitignore', root), 'utf8').split('\n').filter(Boolean);
  const isIgnored = (path: string): boolean =>
    path === '.git' || ignored.some((pattern) => matches(pattern, path));
  const walk = (folder: string): string[] =>
    readdirSync(new URL(folder, root), { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}${entry.name}`;
      if (isIgnored(path)) return [];
      return entry.isDirectory() ? walk(`${path}/`) : [path];
    });
  return walk('').sort();
}

/** The forms that our .gitignore uses: `name/`, `/name/`, `*.extension`. */
function matches(pattern: string, path: string): boolean {
  if (pattern.startsWith('*')) return path.endsWith(pattern.slice(1));
  const name = pattern.replace(/^\/|\/$/g, '');
  return pattern.startsWith('/') ? path === name : posix.basename(path) === name;
}

export function* nodesOf(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* nodesOf(child);
    }
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

export function problemAt(file: Source, node: SyntaxNode, message: string): Problem {
  return { path: file.path, line: lineCount(file.text.slice(0, node.start)), message };
}

export function lineCount(text: string): number {
  return text.split('\n').length;
}
