// SPDX-License-Identifier: Apache-2.0
// Summaries as files for other programs: CSV (RFC 4180) and SenML (RFC 8428), written row by row,
// however many there are. Numbers are written digit by digit from the exact decimals.

import { toHex, utf8 } from '../../base/bytes.ts';
import type { HistoryRow } from '../history/history-row.ts';
import { formatTime } from './time-query.ts';

export type ExportFormat = 'csv' | 'senml';

export const exportHeaders: Readonly<Record<ExportFormat, Readonly<Record<string, string>>>> = {
  csv: {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': 'attachment; filename="summaries.csv"',
  },
  senml: {
    'content-type': 'application/senml+json',
    'content-disposition': 'attachment; filename="summaries.senml.json"',
  },
};

export function exported(
  format: ExportFormat,
  rows: AsyncIterable<HistoryRow>,
): AsyncIterable<string> {
  return format === 'csv' ? csv(rows) : senml(rows);
}

const columns = [
  'chain',
  'id',
  'device',
  'obis',
  'unit',
  'from',
  'to',
  'revision',
  'quality',
  'reason',
  'first',
  'last',
  'min',
  'max',
  'mean',
  'delta',
  'count',
  'expectedCount',
] as const;

async function* csv(rows: AsyncIterable<HistoryRow>): AsyncIterable<string> {
  yield `${columns.join(',')}\r\n`;
  for await (const row of rows) {
    const fields = [
      toHex(row.chainId),
      `${row.height}-${row.outputIndex}`,
      csvText(row.device),
      csvText(row.obis),
      csvText(row.unit),
      formatTime(row.startMs),
      formatTime(row.startMs + row.windowMs),
      String(row.revision),
      csvText(row.quality),
      csvText(row.reason),
      ...valuesOf(row).map(([, value]) => value ?? ''),
      String(row.count),
      String(row.expectedCount),
    ];
    yield `${fields.join(',')}\r\n`;
  }
}

const valueNames = ['first', 'last', 'min', 'max', 'mean', 'delta'] as const;

/** Only what is a number is written as one, whatever lies in the database. */
function valuesOf(row: HistoryRow): readonly (readonly [string, string | undefined])[] {
  return valueNames.map((name) => {
    const value = row[name];
    const isNumber = value !== null && /^-?\d+(\.\d+)?$/.test(value);
    return [name, isNumber ? value : undefined] as const;
  });
}

/**
 * Texts come from gateways: a spreadsheet would take one that begins like a formula for one, and
 * carry it out. An apostrophe in front makes it a text there.
 */
export function csvText(text: string): string {
  const harmless = /^[\t\r\n]|^\s*[=+\-@|%]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/**
 * One record a value, named `<device>/<register>/<which>`, at the end of its window. What a name of
 * SenML cannot hold is written as hexadecimal UTF-8.
 */
async function* senml(rows: AsyncIterable<HistoryRow>): AsyncIterable<string> {
  yield '[';
  let separator = '\n';
  for await (const row of rows) {
    const seconds = secondsOf(row.startMs + row.windowMs);
    const name = `${nameOf(row.device)}/${nameOf(row.obis.replace('*', '.'))}`;
    for (const [which, value] of valuesOf(row)) {
      if (value === undefined) continue;
      const unit = JSON.stringify(row.unit);
      yield `${separator}{"n":"${name}/${which}","u":${unit},"t":${seconds},"v":${value}}`;
      separator = ',\n';
    }
  }
  yield '\n]\n';
}

/** Exactly, without a float on the way. */
function secondsOf(timeMs: number): string {
  const whole = Math.floor(timeMs / 1_000);
  const rest = timeMs % 1_000;
  return rest === 0 ? String(whole) : `${whole}.${String(rest).padStart(3, '0')}`;
}

function nameOf(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9\-:._]*$/.test(text) && !text.startsWith('hex:')) return text;
  return `hex:${toHex(utf8(text))}`;
}
