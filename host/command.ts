// SPDX-License-Identifier: Apache-2.0
// A command of the program: what it is called, what it takes, what it does. Its help and the errors about its
// words are made from that one description.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { messageOf, TielineError } from '../base/errors.ts';
import { didYouMean, nearest } from '../base/nearest.ts';

export type Option = {
  /** What stands for the value in the help; a flag has none. */
  readonly value?: string;
  /** May be given several times. */
  readonly multiple?: true;
  readonly description: string;
};

/** Option values as given: text, texts where there may be several, or true for a flag. */
export type Values = Readonly<Record<string, string | readonly string[] | true | undefined>>;

export type Invocation = {
  readonly values: Values;
  readonly positionals: readonly string[];
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
  /** Aborted when the user or the system wants the program to end. */
  readonly ending: AbortSignal;
};

/** What the list of commands shows; the rest is loaded when the command is called. */
export type CommandEntry = {
  /** One to three words: `read`, `chain verify`. */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
};

export type Command = {
  readonly name: string;
  readonly summary: string;
  /** How it is called, without the program's name: `verify FILE [--keys FILE]`. */
  readonly usage: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Names of the words that are not options, all required. */
  readonly positionals?: readonly string[];
  /** What else its help says: examples, exit codes. */
  readonly notes?: string;
  /** The exit code. */
  readonly run: (invocation: Invocation) => Promise<number>;
};

/** For words that make no sense; the hint says how to see what does. */
export function usageError(message: string, command: string): TielineError {
  return new TielineError('usage', message, { hint: `see \`tieline ${command} --help\`` });
}

/** Finds the command that the words begin with. @throws TielineError `usage`, naming the nearest one. */
export function findCommand(
  commands: readonly CommandEntry[],
  words: readonly string[],
): { readonly command: CommandEntry; readonly rest: readonly string[] } {
  for (const count of [3, 2, 1]) {
    const name = words.slice(0, count).join(' ');
    const command = commands.find((one) => one.name === name);
    if (command !== undefined) return { command, rest: words.slice(count) };
  }
  const given = words.filter((word) => !word.startsWith('-')).slice(0, 2);
  const names = commands.map(({ name }) => name);
  const group = names.filter((name) => name.startsWith(`${given[0]} `));
  if (group.length > 0) {
    throw new TielineError('usage', `\`tieline ${given[0]}\` needs one more word`, {
      hint: `one of: ${group.map((name) => `tieline ${name}`).join(', ')}`,
    });
  }
  const likely = nearest(given.join(' '), names) ?? nearest(given[0] ?? '', names);
  throw new TielineError('usage', `there is no command \`${given.join(' ')}\``, {
    hint: likely === undefined ? 'see `tieline --help`' : `did you mean \`tieline ${likely}\`?`,
  });
}

/** Reads a command's words. @throws TielineError `usage` */
export function parseWords(
  command: Command,
  words: readonly string[],
): { readonly values: Values; readonly positionals: readonly string[] } {
  const options: NonNullable<ParseArgsConfig['options']> = {
    help: { type: 'boolean', short: 'h' },
  };
  for (const [name, { value, multiple = false }] of Object.entries(command.options)) {
    options[name] = { type: value === undefined ? 'boolean' : 'string', multiple };
  }
  const expected = command.positionals ?? [];
  let parsed: { values: object; positionals: readonly string[] };
  try {
    parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw usageError(explainWords(messageOf(error), Object.keys(options)), command.name);
  }
  const values = parsed.values as Values;
  if (values.help === true) return { values, positionals: [] };
  if (parsed.positionals.length > expected.length) {
    const [extra] = parsed.positionals.slice(expected.length);
    throw usageError(`\`${extra}\` is one word too many`, command.name);
  }
  const missing = expected[parsed.positionals.length];
  if (missing !== undefined) throw usageError(`${missing} is missing`, command.name);
  return { values, positionals: parsed.positionals };
}

function explainWords(message: string, names: readonly string[]): string {
  const unknown = /Unknown option '--?([^']*)'/.exec(message)?.[1];
  if (unknown === undefined) return message.split('\n')[0] ?? message;
  const near = didYouMean(
    `--${unknown}`,
    names.map((name) => `--${name}`),
  );
  return [`there is no option --${unknown}`, near].filter((part) => part !== undefined).join(', ');
}

/** Help of one command. */
export function helpOf(command: Command): string {
  const flags = Object.entries(command.options).map(([name, { value }]) =>
    value === undefined ? `--${name}` : `--${name} ${value}`,
  );
  const width = Math.max(6, ...flags.map(({ length }) => length));
  const lines = Object.values(command.options).map(
    ({ description }, i) => `  ${(flags[i] ?? '').padEnd(width)}  ${description}`,
  );
  return [
    command.summary,
    '',
    `usage: tieline ${command.usage}`,
    '',
    ...lines,
    `  ${'--help'.padEnd(width)}  show this`,
    ...(command.notes === undefined ? [] : ['', command.notes]),
  ].join('\n');
}

/** The value of an option that must be there. @throws TielineError `usage` */
export function required(command: string, values: Values, name: string): string {
  const value = values[name];
  if (typeof value !== 'string') throw usageError(`--${name} is missing`, command);
  return value;
}

export function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** Of an option that may be given several times, in order. */
export function textsOf(values: Values, name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? value : [];
}

/** An option that is a whole number within a range. @throws TielineError `usage` */
export function wholeNumber(
  command: string,
  values: Values,
  wanted: { readonly name: string; readonly min: number; readonly max: number },
): number | undefined {
  const text = textOf(values, wanted.name);
  if (text === undefined) return undefined;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= wanted.min && number <= wanted.max) return number;
  const range = `from ${wanted.min} to ${wanted.max}`;
  throw usageError(`--${wanted.name} is a whole number ${range}, not \`${text}\``, command);
}

/** `host:port`. @throws TielineError `usage` */
export function hostAndPort(
  command: string,
  option: string,
  text: string,
): { readonly host: string; readonly port: number } {
  const [, host, digits] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || !(port >= 0 && port <= 65_535)) {
    throw usageError(`--${option} is written as host:port, not \`${text}\``, command);
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
}
