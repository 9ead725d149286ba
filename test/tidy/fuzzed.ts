// SPDX-License-Identifier: Apache-2.0
// Decoders: functions that make something of bytes, or of a text. Each is fuzzed, or stands here with the
// decoder behind which it is reached, or with the reason why nobody else has a say in what it reads.

import { resolveFrom } from './imports.ts';
import { isNode, type Problem, problemAt, type Source, type SyntaxNode } from './tree.ts';

const product = /^(base|host|drivers|sidechain|contracts|agent|dispatch)\//;
const ofBytes = /^(decode|parse|unpack|unseal|judge|open|read|check)[A-Z]/;
const ofText = /^(decode|parse)[A-Z]/;
const inputs = /^(answer|body|bytes|encoded|input|packed|payload|received|statement|column)$/;

/** Names by file. */
const elsewhere: Readonly<Record<string, string>> = {
  'base/cbor-read.ts readCbor': 'cbor',
  'base/fields.ts decodeWith': 'schema, and most others',
  'base/pack-read.ts readPack': 'pack',
  'dispatch/ledger/judge-governance.ts judgeGovernance': 'governance',
  'dispatch/ledger/transaction-codec.ts decodeTransaction': 'transaction',
  'dispatch/ledger/membership-column.ts decodeMembership': 'a column of our own database',
  'dispatch/store/registry-column.ts decodeRegistry': 'a column of our own database',
  'drivers/p1/telegram-stream.ts readTelegram': 'p1',
  'drivers/p1/telegram.ts parseTelegram': 'p1',
  'drivers/sml/readings.ts decodeReadings': 'sml-file',
  'host/sqlite-message.ts decodeMessage': 'between threads of our own',
  'host/verify-message.ts unpackChecks': 'between threads of our own',
  'sidechain/chain/judge-request.ts judgeRequest': 'request',
  'sidechain/chain/snapshot.ts checkSnapshot': 'snapshot',
  'sidechain/chain/statement.ts openStatement': 'anchor, and most others',
};

/** @param listed what stands for `elsewhere`, in the rule's own test. */
export function checkFuzzed(files: readonly Source[], listed = elsewhere): Problem[] {
  const fuzzed = new Set(
    files.filter(({ path }) => path.startsWith('test/fuzz/')).flatMap(namesIn),
  );
  const decoders = files
    .filter(({ path }) => product.test(path))
    .flatMap((file) => decodersOf(file).map((node) => ({ file, node, name: nameIn(file, node) })));
  const missing = decoders
    .filter(({ name }) => !fuzzed.has(name) && listed[name] === undefined)
    .map(({ file, node }) => problemAt(file, node, 'a decoder: put it into test/fuzz/decoders.ts'));
  const idle = Object.keys(listed)
    .filter((name) => fuzzed.has(name) || decoders.every((one) => one.name !== name))
    .map((name) => ({
      path: 'test/tidy/fuzzed.ts',
      line: 1,
      message: `${name} is fuzzed, or gone: its line can go`,
    }));
  return [...missing, ...idle];
}

/** What a file imports, as `base/cbor.ts decode`. */
function namesIn(file: Source): string[] {
  return file.body.flatMap((node) => {
    if (node.type !== 'ImportDeclaration' || !isNode(node.source)) return [];
    const path = resolveFrom(file.path, String(node.source.value));
    const specifiers = node.specifiers as readonly SyntaxNode[];
    return specifiers.map(({ imported }) => `${path} ${isNode(imported) ? imported.name : ''}`);
  });
}

/** Exported functions; those that promise something read a file, and hand on what is in it. */
function decodersOf(file: Source): readonly SyntaxNode[] {
  return file.body.flatMap((node) => {
    const { declaration } = node;
    if (node.type !== 'ExportNamedDeclaration' || !isNode(declaration)) return [];
    if (declaration.type !== 'FunctionDeclaration' || declaration.async === true) return [];
    const parameters = (declaration.params as readonly SyntaxNode[]).map(({ start, end }) =>
      file.text.slice(start, end).split(': '),
    );
    const name = String((declaration.id as SyntaxNode).name);
    const isDecoder = parameters.some(
      ([parameter = '', type]) =>
        (type === 'Uint8Array' && ofBytes.test(name) && inputs.test(parameter)) ||
        (type === 'string' && ofText.test(name)),
    );
    return isDecoder ? [declaration] : [];
  });
}

function nameIn(file: Source, declaration: SyntaxNode): string {
  return `${file.path} ${(declaration.id as SyntaxNode).name}`;
}
