// SPDX-License-Identifier: Apache-2.0
// Names with one place, or none: clocks, timers and randomness come in as arguments, programs end
// in one file, what is said goes through the log, and no test is left out.

import { nameOf } from './form.ts';
import { nodesOf, type Problem, problemAt, type Source, type SyntaxNode } from './tree.ts';

type Ban = {
  readonly name: RegExp;
  /** Where it may stand. */
  readonly places: RegExp;
  readonly instead: string;
};

const nowhere = /^$/;
const outer = /^(agent|dispatch|drivers|host|test)\//;

const bans: readonly Ban[] = [
  {
    name: /^Date\.now$/,
    places: /^(host\/clock\.ts|test\/)/,
    instead: 'take the time from a Clock (host/clock.ts)',
  },
  {
    name: /^(performance\.now|process\.hrtime(\.bigint)?)$/,
    places: /^(host\/clock|drivers\/bus\/monotonic)\.ts$|^test\//,
    instead: 'take the time from a Clock (host/clock.ts); in drivers, from bus/monotonic.ts',
  },
  {
    name: /^(setTimeout|setInterval|setImmediate)$/,
    places: outer,
    instead: 'be told the time by whoever drives this',
  },
  {
    name: /^Math\.random$/,
    places: /^(host\/mqtt|test\/system\/harness\/random)\.ts$/,
    instead: 'take randomness as an argument; in tests, from a fixed seed',
  },
  {
    name: /^(randomBytes|randomUUID|randomInt|crypto\.getRandomValues|getRandomValues)$/,
    places: /^(agent|dispatch|test)\/|^(base\/keys|host\/(files|sealing))\.ts$/,
    instead: 'take randomness as an argument',
  },
  {
    name: /^console\.\w+$/,
    places: nowhere,
    instead: 'use the log (host/log.ts), or what a command is given to print with',
  },
  {
    name: /^process\.exit$/,
    places: /^(host\/exit\.ts|deploy\/tieline\.mjs)$/,
    instead: 'return the code from run() (host/exit.ts)',
  },
  {
    name: /^(test|it|describe)\.(.*\.)?(only|skip|todo|skipIf|runIf|fails)(\.|$)/,
    places: nowhere,
    instead: 'run every test, always; one that cannot pass is repaired or deleted',
  },
  {
    name: /^(xit|xtest|xdescribe|fit|fdescribe)$/,
    places: nowhere,
    instead: 'run every test, always; one that cannot pass is repaired or deleted',
  },
];

export function checkBannedNames(file: Source): Problem[] {
  return file.nodes.flatMap((node) => {
    const name = mentioned(node);
    const ban = bans.find((one) => one.name.test(name));
    if (ban === undefined || ban.places.test(file.path)) return [];
    return [problemAt(file, node, `no ${name} here: ${ban.instead}`)];
  });
}

/** Members wherever they stand (`{ nowMs: Date.now }`), plain functions where they are called. */
function mentioned(node: SyntaxNode): string {
  if (node.type === 'NewExpression' && (node.arguments as readonly unknown[]).length === 0) {
    return nameOf(node.callee) === 'Date' ? 'Date.now' : '';
  }
  if (node.type === 'MemberExpression') return nameOf(node);
  return node.type === 'CallExpression' && (node.callee as SyntaxNode).type === 'Identifier'
    ? nameOf(node.callee)
    : '';
}

/** A Buffer has methods of Uint8Array's names that do other things: it stays inside its file. */
export function checkBufferTypes(file: Source): Problem[] {
  if (file.path.startsWith('test/')) return [];
  return file.body
    .filter(({ type }) => type === 'ExportNamedDeclaration')
    .flatMap((declaration) => [...nodesOf(declaration)])
    .filter((node) => node.type === 'TSTypeReference' && nameOf(node.typeName) === 'Buffer')
    .map((node) => problemAt(file, node, 'no Buffer in what is exported: Uint8Array'));
}
