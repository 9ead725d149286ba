// SPDX-License-Identifier: Apache-2.0
// What is not code: documents, the package's dependencies, and words that no file of the repository holds.

import type { Problem, TextFile } from './tree.ts';

export function checkHeading(file: TextFile): Problem[] {
  let fenced = false;
  const headings = file.lines.filter((line) => {
    if (line.startsWith('```')) fenced = !fenced;
    return !fenced && line.startsWith('# ');
  });
  if (headings.length === 1) return [];
  const message = `${headings.length} headings of the first level, a document has one: its title`;
  return [{ path: file.path, line: 1, message }];
}

/** Every folder of the top level says in a README.md what lives there. */
export function checkReadmes(paths: readonly string[]): Problem[] {
  const folders = new Set(
    paths.flatMap((path) =>
      path.includes('/') && !path.startsWith('.') ? [path.split('/')[0]] : [],
    ),
  );
  return [...folders]
    .map((folder) => `${folder}/README.md`)
    .filter((readme) => !paths.includes(readme))
    .map((path) => ({ path, line: 1, message: 'write it: what lives here, and what does not' }));
}

const unfinished = new RegExp(`\\b(${['TO', 'DO|FIX', 'ME|XX', 'X'].join('')})\\b`);
/** Written without the slash in front, so that this file passes its own rule. */
const machinePath = new RegExp(`(^|[\\s'"\`(=])/(${['work', 'root', 'tmp/\\w+'].join('|')})/`);
/** A host that is no example (RFC 2606), no loopback, and none that documents a standard or a source. */
const hostName =
  /\b[a-z][a-z+.-]*:\/\/(?:[^\s/@'"`]*@)?([a-z0-9.-]+\.[a-z]{2,})(?=[\s/:'"`)>,;]|$)/g;
const knownHost =
  /(^|\.)(example|test|invalid|localhost|example\.(com|org|net)|github\.com|ietf\.org|rfc-editor\.org|c2sp\.org|apache\.org|spdx\.org|iana\.org|json-schema\.org|nodejs\.org)$/;
const registry =
  /\bregistry\.[\w-]+\.(org|com|net|io|dev|cn)\b|\bpypi\.org\b|\bproxy\.golang\.|\bnpmmirror\b/;

export function checkWords(file: TextFile): Problem[] {
  return file.lines.flatMap((text, i) => {
    const message = flawOfLine(text);
    return message === undefined ? [] : [{ path: file.path, line: i + 1, message }];
  });
}

function flawOfLine(text: string): string | undefined {
  if (unfinished.test(text)) return 'finish it, or write down elsewhere what is left';
  if (machinePath.test(text)) return 'a path of one machine: make it relative';
  if (registry.test(text)) return 'no registry is named: the tools are configured';
  const stranger = [...text.matchAll(hostName)].find(([, host]) => !knownHost.test(host ?? ''));
  if (stranger === undefined) return undefined;
  return `${stranger[1]}: use a name such as grid.example (RFC 2606), or list it in documents.ts`;
}

type Manifest = Readonly<Record<string, unknown>>;

/** npm asks the registry that it is configured for; the lock file holds what the packages are, by hash. */
export function checkLock(file: TextFile): Problem[] {
  return file.lines.flatMap((text, i) =>
    text.includes('"resolved":')
      ? [
          {
            path: file.path,
            line: i + 1,
            message: 'no download address: npm install, with our .npmrc',
          },
        ]
      : [],
  );
}

/** Each dependency is named in the document, with what it is for and why we do not write it ourselves. */
export function checkDependencies(manifest: Manifest, document: TextFile): Problem[] {
  const groups = ['dependencies', 'optionalDependencies', 'devDependencies'] as const;
  const names = groups.flatMap((group) => Object.keys((manifest[group] ?? {}) as Manifest));
  const missing = names
    .filter((name) => !document.lines.some((line) => isJustified(line, name)))
    .map((name) => ({ path: document.path, line: 1, message: `justify \`${name}\` in a line` }));
  const inexact = groups.flatMap((group) =>
    Object.entries((manifest[group] ?? {}) as Manifest)
      .filter(([, wanted]) => !/^\d+\.\d+\.\d+$/.test(String(wanted)))
      .map(([name]) => ({
        path: 'package.json',
        line: 1,
        message: `pin ${name}: one exact version`,
      })),
  );
  return [...missing, ...inexact];
}

function isJustified(line: string, name: string): boolean {
  return line.includes(`\`${name}\``) && line.replace(/`[^`]*`|[^\w]/g, '').length >= 4;
}
