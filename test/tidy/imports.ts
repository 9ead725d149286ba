// SPDX-License-Identifier: Apache-2.0
// The import table of ARCHITECTURE.md: which folder may import which, and which files may import a package.
// The compiler checks the first by project references; here it also shows in words, and a line added to a
// tsconfig.json is not enough to break it.

import { posix } from 'node:path';
import { type Problem, problemAt, type Source, type SyntaxNode } from './tree.ts';

const chain = 'sidechain/chain';
const raft = 'sidechain/raft';
const store = 'sidechain/store';
const transport = 'sidechain/transport';
const lower = ['base', 'host', 'drivers', 'contracts', raft, chain, store, transport, 'sidechain'];

/** Zone to the zones that it may import besides itself. */
const table: Readonly<Record<string, readonly string[]>> = {
  base: [],
  host: ['base'],
  drivers: ['base'],
  [raft]: ['base'],
  [chain]: ['base'],
  [store]: ['base', 'host', chain, raft],
  [transport]: ['base', raft],
  sidechain: ['base', 'host', raft, chain, store, transport],
  contracts: ['base'],
  agent: lower,
  dispatch: ['base', 'host', 'contracts', chain],
  web: ['base', chain],
  'tieline.ts': ['agent', 'dispatch', 'base', 'host'],
  'vitest.config.ts': [],
  deploy: [],
};

/** Package to the files that may import it; tests may import any. */
const packages: Readonly<Record<string, RegExp>> = {
  '@noble/ed25519': /^base\//,
  '@noble/hashes': /^base\//,
  ajv: /^host\/(config|schema)/,
  'better-sqlite3': /^host\/sqlite/,
  'sodium-native': /^base\/(node-suite|guarded-signer)\.ts$/,
  'cbor-x': /^(host|sidechain\/transport)\//,
  'cosmjs-types': /^dispatch\/ordering\/consortium\/abci-/,
  fastify: /^host\/http/,
  'modbus-serial': /^drivers\//,
  mqtt: /^host\/mqtt/,
  pg: /^host\/postgres/,
  serialport: /^drivers\//,
  vitest: /^vitest\.config\.ts$/,
  yaml: /^host\/config/,
};

/** base also runs in a browser: Node's own modules stand behind `Suite`. */
const nodeInBase = /^base\/(keys|node-suite|prime-order)\.ts$/;

export type Import = { readonly specifier: string; readonly node: SyntaxNode };

/** Static, dynamic and type imports, and re-exports. */
export function importsOf(file: Source): Import[] {
  return file.nodes.flatMap((node) => {
    const from = node.source as { readonly value?: unknown } | null | undefined;
    return typeof from?.value === 'string' ? [{ specifier: from.value, node }] : [];
  });
}

/** The path a relative specifier leads to. */
export function resolveFrom(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier);
}

/** The row of the table that a path belongs to. */
function zoneOf(path: string): string {
  const deepest = path.split('/').slice(0, 2).join('/');
  if (deepest in table) return deepest;
  return path.split('/')[0] ?? path;
}

export function checkImports(file: Source): Problem[] {
  const zone = zoneOf(file.path);
  if (zone === 'test') return [];
  return importsOf(file).flatMap(({ specifier, node }) => {
    const flaw = specifier.startsWith('.')
      ? flawOfOwn(zone, resolveFrom(file.path, specifier))
      : flawOfPackage(file.path, specifier);
    return flaw === undefined ? [] : [problemAt(file, node, flaw)];
  });
}

function flawOfOwn(zone: string, target: string): string | undefined {
  const allowed = table[zone];
  if (allowed === undefined) {
    return `${zone} has no row in the import table: add it to ARCHITECTURE.md and to imports.ts`;
  }
  const targetZone = zoneOf(target);
  if (targetZone === zone || allowed.includes(targetZone)) return undefined;
  return `${zone} does not import ${targetZone} (${target}): pass it in, or move it down`;
}

function flawOfPackage(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) {
    if (!path.startsWith('base/') || nodeInBase.test(path)) return undefined;
    return `base runs in browsers too: reach ${specifier} through Suite, or from host`;
  }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const places = packages[name];
  if (places?.test(path) === true || path === 'deploy/tieline.mjs') return undefined;
  return places === undefined
    ? `${name} is not in imports.ts: justify it in docs/decisions/001-dependencies.md and list it`
    : `${name} is imported by ${places.source} alone: use what stands there`;
}
