// SPDX-License-Identifier: Apache-2.0
// The one way to say something about what runs: an event's name and fields, one line each, on
// stderr; as JSON, or in words where a person watches a terminal. Secrets never reach a line,
// whatever the caller passes.

import { toHex } from '../base/bytes.ts';
import { messageOf, TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { wallClockMs } from './clock.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Bytes are written as hex, errors as message, code and cause; keys that sound secret are masked. */
export type LogFields = Readonly<Record<string, unknown>>;

type Say = (event: string, fields?: LogFields) => void;

export type Log = {
  readonly debug: Say;
  readonly info: Say;
  readonly warn: Say;
  readonly error: Say;
  /** The same log with these fields in every line. */
  readonly child: (fields: LogFields) => Log;
};

export type LogOptions = {
  /** The least level that is written. */
  readonly level: LogLevel;
  /** Takes whole lines; stderr by default. */
  readonly write?: (line: string) => void;
  /** In words instead of JSON; by default where stderr is a terminal. */
  readonly human?: boolean;
  readonly nowMs?: () => number;
};

export function createLog(options: LogOptions): Log {
  const {
    level,
    write = (line) => process.stderr.write(line),
    human = process.stderr.isTTY === true,
    nowMs = wallClockMs,
  } = options;
  const form = human ? formatHuman : formatJson;

  const withFields = (common: LogFields): Log => {
    const at =
      (lineLevel: LogLevel): Say =>
      (event, fields = {}) => {
        if (logLevels.indexOf(lineLevel) < logLevels.indexOf(level)) return;
        const time = new Date(nowMs()).toISOString();
        const shown = plainFields({ ...common, ...fields }, 0);
        write(`${form({ time, level: lineLevel, event, fields: shown })}\n`);
      };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => withFields({ ...common, ...fields }),
    };
  };
  return withFields({});
}

type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [key: string]: Plain };

type Line = {
  readonly time: string;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: { readonly [key: string]: Plain };
};

function formatJson({ time, level, event, fields }: Line): string {
  return JSON.stringify({ time, level, event, ...fields });
}

/** `12:30:45.123 warn  broker-lost reason="connection refused"` */
function formatHuman({ time, level, event, fields }: Line): string {
  const words = Object.entries(fields).map(([key, value]) => {
    const bare = typeof value === 'string' && /^[\w.:/+-]+$/.test(value);
    return `${key}=${bare ? value : JSON.stringify(value)}`;
  });
  return [time.slice(11, 23), level.padEnd(5), event, ...words].join(' ');
}

const secretKey = /secret|seed|passw|passphrase|private|credential|token/i;

function plainFields(fields: object, depth: number): { readonly [key: string]: Plain } {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, secretKey.test(key) ? '***' : plain(value, depth)]),
  );
}

function plain(value: unknown, depth: number): Plain {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string') return clean(value);
  if (value instanceof Uint8Array) return clean(toHex(value.subarray(0, limits.logTextMax)));
  if (value instanceof Error) return describe(value, depth);
  if (typeof value === 'object' && depth < limits.logDepthMax) {
    return Array.isArray(value)
      ? value.slice(0, limits.logItemsMax).map((item) => plain(item, depth + 1))
      : plainFields(value, depth + 1);
  }
  return clean(String(value));
}

function describe(error: Error, depth: number): Plain {
  const code = error instanceof TielineError ? error.code : error.name;
  const cause = error.cause === undefined || depth >= limits.logDepthMax ? undefined : error.cause;
  const message = clean(messageOf(error));
  return cause === undefined
    ? { code, message }
    : { code, message, cause: plain(cause, depth + 1) };
}

/** Also in free text, such as a broker's URL: no passwords, no private keys; and not without end. */
function clean(text: string): string {
  const masked = text
    .replace(/(:\/\/[^/\s:@]*:)[^/\s@]*@/g, '$1***@')
    .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----.*/gs, '***');
  return masked.length > limits.logTextMax ? `${masked.slice(0, limits.logTextMax)}…` : masked;
}
