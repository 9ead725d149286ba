// SPDX-License-Identifier: Apache-2.0
// What a telegram of DSMR / P1 (NTA 8130, DSMR 5.0.2, eMUCs) says: lines of an OBIS code and values in
// brackets. Pure. Only values of now are taken: history lines and texts are stepped over.

import { formatObis, parseObis } from '../../base/obis.ts';
import { type PrintedValue, parsePrinted, printedValue } from '../printed-value.ts';
import type { Heard } from '../push-receiver.ts';
import { meterTimeMs } from './meter-time.ts';

export type Telegram = {
  /** Behind the slash, e.g. `ISK5\2M550T-1012`. */
  readonly identification: string;
  /** Whether a checksum was there, and right. */
  readonly checked: boolean;
  /** By canonical OBIS code, in the order of the telegram. */
  readonly values: ReadonlyMap<string, TelegramValue>;
};

export type TelegramValue = PrintedValue & {
  /** How long before the telegram it was captured by the meter behind; undefined where nobody says. */
  readonly ageMs: number | undefined;
};

type Line = { readonly code: string; readonly texts: readonly string[] };

const linesMax = 512;
const meterClock = '0-0:1.0.0*255';

/** `text`: from the slash to the exclamation mark, which are not of it. Attacker-controlled. */
export function parseTelegram(text: string, checked: boolean): Heard<Telegram> {
  const [head = '', ...rest] = text.split(/\r?\n/);
  const identification = head.slice(1).trim();
  if (rest.length > linesMax) return { kind: 'malformed', detail: `it has ${rest.length} lines` };
  const values = new Map<string, TelegramValue>();
  const lines = joined(rest).flatMap(lineOf);
  const nowMs = meterTimeMs(lines.find(({ code }) => code === meterClock)?.texts[0] ?? '');
  for (const line of lines) {
    const read = valueOfLine(line, nowMs);
    if (read === undefined) continue;
    if (values.has(read.code)) {
      return { kind: 'malformed', detail: `it holds ${read.code} twice` };
    }
    values.set(read.code, read.value);
  }
  return { kind: 'message', value: { identification, checked, values } };
}

/** DSMR 3 puts the reading of a gas meter on a line of its own. */
function joined(lines: readonly string[]): readonly string[] {
  const whole: string[] = [];
  for (const line of lines) {
    if (line.startsWith('(') && whole.length > 0) whole.push(`${whole.pop() ?? ''}${line}`);
    else whole.push(line);
  }
  return whole;
}

function lineOf(text: string): readonly Line[] {
  const bracket = text.indexOf('(');
  const obis = parseObis(bracket < 0 ? '' : text.slice(0, bracket));
  const rest = text.slice(bracket).trimEnd();
  if (obis === undefined || !rest.endsWith(')')) return [];
  return [{ code: formatObis(obis), texts: rest.slice(1, -1).split(')(') }];
}

function valueOfLine({ code, texts }: Line, nowMs: number | undefined) {
  const [first = '', second = ''] = texts;
  if (texts.length === 1) return withAge(code, parsePrinted(first), undefined);
  // A meter behind this one, or a maximum: when, and what.
  if (texts.length === 2) return withAge(code, parsePrinted(second), ageOf(first, nowMs));
  return oldGasValue(code, texts);
}

function withAge(code: string, value: PrintedValue | undefined, ageMs: number | undefined) {
  return value === undefined ? undefined : { code, value: { ...value, ageMs } };
}

function ageOf(captured: string, nowMs: number | undefined): number | undefined {
  const atMs = meterTimeMs(captured);
  return atMs === undefined || nowMs === undefined ? undefined : nowMs - atMs;
}

/** `0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)(00001.001)`: one value, and whose it is. */
function oldGasValue(code: string, texts: readonly string[]) {
  const [, , , count, inner = '', unit = '', number = ''] = texts;
  const obis = parseObis(inner);
  if (!code.includes(':24.3.0') || texts.length !== 7 || count !== '1') return undefined;
  return obis && withAge(formatObis(obis), printedValue(number, unit), undefined);
}
