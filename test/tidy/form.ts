// SPDX-License-Identifier: Apache-2.0
// The outward form of sources: their names, first lines and sizes.

import {
  isNode,
  lineCount,
  type Problem,
  problemAt,
  type Source,
  type SyntaxNode,
  type TextFile,
} from './tree.ts';

export const sizes = {
  fileLines: 400,
  functionLines: 70,
  codeColumns: 100,
  commentColumns: 110,
} as const;

const licence = '// SPDX-License-Identifier: Apache-2.0';
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config))?\.(ts|mjs)$/;
const vague = /^(utils?|helpers?|types?|common|misc|shared)\b/;

export function checkName(file: TextFile): Problem[] {
  const parts = file.path.split('/');
  const name = parts.at(-1) ?? '';
  const problem = (message: string): Problem[] => [{ path: file.path, line: 1, message }];
  if (!kebab.test(name)) return problem('name it in kebab-case: one-concept.ts');
  if (parts.some((part) => vague.test(part))) {
    return problem('its name says nothing: name it after the concept that it holds');
  }
  if (name === 'index.ts' && parts.length !== 2) {
    return problem('an index.ts stands only in a top-level folder: import the file that has it');
  }
  return [];
}

export function checkLicence(file: TextFile): Problem[] {
  const first = file.lines[0]?.startsWith('#!') === true ? file.lines[1] : file.lines[0];
  return first === licence
    ? []
    : [{ path: file.path, line: 1, message: `begin the file with ${licence}` }];
}

export function checkFileSize(file: TextFile): Problem[] {
  const count = file.lines.length - 1;
  if (count <= sizes.fileLines) return [];
  const message = `${count} lines, at most ${sizes.fileLines}: it holds more than one concept; split it`;
  return [{ path: file.path, line: sizes.fileLines + 1, message }];
}

/** One long literal cannot be broken: a key, an example. */
const literalAlone =
  /^\s*(?:[\w.]+(?:: | = |\()|const \w+ = )?(['"`/]).*\1[gimsuvy]*(?: \+|[,;)\]]*)$/;
/** The name of a test is a sentence, and stands on one line. */
const testName = /^\s*(?:test|describe)(?:\.\w+)*\(.{1,116}=> \{$/;
/** A key or an address, in a comment or a text of several lines. */
const longWord = /\S{50}/;
const unbreakable = [literalAlone, testName, longWord];

export function checkColumns(file: TextFile): Problem[] {
  return file.lines.flatMap((line, i) => {
    const columns = [...line].length;
    const isComment = /^\s*(\/\/|\/?\*)/.test(line);
    const max = isComment ? sizes.commentColumns : sizes.codeColumns;
    if (columns <= max || unbreakable.some((form) => form.test(line))) return [];
    const message = `${columns} columns, at most ${max}: break it`;
    return [{ path: file.path, line: i + 1, message }];
  });
}

/** Callbacks of `describe` are chapters, not functions. */
export function checkFunctions(file: Source): Problem[] {
  const chapters = new Set<SyntaxNode>();
  return file.nodes.flatMap((node) => {
    if (node.type === 'CallExpression' && nameOf(node.callee).startsWith('describe')) {
      for (const argument of node.arguments as readonly SyntaxNode[]) chapters.add(argument);
    }
    if (!/^(Arrow)?Function(Declaration|Expression)$/.test(node.type)) return [];
    const lines = lineCount(file.text.slice(node.start, node.end));
    if (lines <= sizes.functionLines || chapters.has(node)) return [];
    const message = `${lines} lines, at most ${sizes.functionLines}: name its parts and take them out`;
    return [problemAt(file, node, message)];
  });
}

/** `a.b.c` of nested calls and members, '' for anything else. */
export function nameOf(value: unknown): string {
  if (!isNode(value)) return '';
  switch (value.type) {
    case 'Identifier':
      return String(value.name);
    case 'MemberExpression':
      return `${nameOf(value.object)}.${nameOf(value.property)}`;
    case 'CallExpression':
      return nameOf(value.callee);
    default:
      return '';
  }
}

/** Re-exports: only an index.ts, which states the surface of its folder, and name by name. */
export function checkExports(file: Source): Problem[] {
  const { body } = file;
  const all = body.filter(({ type }) => type === 'ExportAllDeclaration');
  const reExports = body.filter((node) => node.type === 'ExportNamedDeclaration' && node.source);
  const problems = all.map((node) => problemAt(file, node, 'export by name, never *'));
  const isBarrel = body.length > 0 && reExports.length === body.length;
  if (!isBarrel || file.path.endsWith('/index.ts')) return problems;
  const message = 'it only passes on what others define: import those';
  return [...problems, { path: file.path, line: 1, message }];
}
