// SPDX-License-Identifier: Apache-2.0
// Configuration files: YAML 1.2 judged by a JSON schema. Every problem is reported at once, with
// its place and what to write instead. No value is ever printed: some of them are secrets, and a
// typing error may make any of them one.

import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { LineCounter, parseDocument, type YAMLError } from 'yaml';
import { fromUtf8 } from '../base/bytes.ts';
import { messageOf, TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { keyStart, pathText, valueStart } from './config-place.ts';
import { type Problem, schemaProblems } from './schema-problem.ts';

export type ConfigForm<T> = {
  /** Objects must be closed (`additionalProperties: false`); its `default`s fill what is left out. */
  readonly schema: object;
  /** What a schema cannot say, such as relations between values; asked once the schema is met. */
  readonly check?: (config: T) => readonly Omit<Problem, 'at'>[];
};

/** @throws TielineError `config`: not readable, or one line `file:line:column: path: message` a problem. */
export function loadConfig<T>(options: { readonly path: string } & ConfigForm<T>): T {
  const { path: file, ...form } = options;
  return parseConfig({ text: readText(file), file, ...form });
}

/** Pure. `file` is for messages only. */
export function parseConfig<T>(
  options: { readonly text: string; readonly file: string } & ConfigForm<T>,
): T {
  const { text, file, schema, check } = options;
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const report = (problems: readonly Problem[]): void => {
    if (problems.length > 0) throw new TielineError('config', listing(problems));
  };
  const listing = (problems: readonly Problem[]): string => {
    const lines = problems
      .map((problem) => ({ problem, offset: offsetOf(problem) }))
      .toSorted((a, b) => a.offset - b.offset)
      .map(({ problem: { path, message, hint }, offset }) => {
        const { line, col } = lineCounter.linePos(offset);
        const place = `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
        const said = hint === undefined ? message : `${message} (${hint})`;
        return [place, ...(path.length > 0 ? [pathText(path)] : []), said].join(': ');
      });
    return [...new Set(lines)].join('\n');
  };
  const offsetOf = ({ at, path }: Problem): number => {
    if (at === 'key') return keyStart(document, path);
    return at === 'value' ? valueStart(document, path) : at;
  };

  const syntax = [...document.errors, ...document.warnings].map(syntaxProblem);
  // A key given twice does not keep the rest from being judged; other errors leave nothing sure.
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) report(syntax);

  const config: unknown = toValue(document, file);
  const validate = compile<T>(schema);
  if (!validate(config)) {
    report([...syntax, ...schemaProblems(validate.errors ?? [])]);
    throw new TielineError('config', `${file}: not valid`);
  }
  const checked = check?.(config) ?? [];
  report([...syntax, ...checked.map((problem) => ({ ...problem, at: 'value' as const }))]);
  return config;
}

/** The parser's own message may quote the line, so what it quotes is cut off. */
function syntaxProblem(error: YAMLError): Problem {
  const message =
    error.code === 'DUPLICATE_KEY'
      ? 'this key is given twice'
      : error.message.replace(/: ".*$/s, '').replace(/\s+/g, ' ');
  return { path: [], message, at: error.pos[0] };
}

/** Compiling takes longer than all the rest: a schema is compiled once. */
const compiled = new WeakMap<object, ValidateFunction>();

function compile<T>(schema: object): ValidateFunction<T> {
  const validate =
    compiled.get(schema) ??
    new Ajv({
      allErrors: true,
      strict: true,
      // A discriminator's key is required beside the branches that define it.
      strictRequired: false,
      allowUnionTypes: true,
      useDefaults: true,
      discriminator: true,
      verbose: true,
    }).compile(schema);
  compiled.set(schema, validate);
  return validate as ValidateFunction<T>;
}

/** An empty file is an empty map: then what is missing can be named. */
function toValue(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    // Aliases that refer to themselves or multiply without end.
    throw new TielineError('config', `${file}: ${messageOf(error)}`, { cause: error });
  }
}

function readText(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new TielineError('config', `cannot read ${file}: ${messageOf(error)}`, {
      hint:
        'name an existing file: `tieline init` makes a first one of a gateway, `tieline dispatch init` of a ' +
        'dispatch node; `tieline meters lint --help` shows one of a meter',
      cause: error,
    });
  }
  if (bytes.length > limits.configBytesMax) {
    throw new TielineError('config', `${file}: larger than ${limits.configBytesMax} bytes`);
  }
  const text = fromUtf8(bytes);
  if (text === undefined) throw new TielineError('config', `${file}: not a text in UTF-8`);
  return text;
}
