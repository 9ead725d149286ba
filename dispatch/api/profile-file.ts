// SPDX-License-Identifier: Apache-2.0
// A load profile as a file, JSON or CSV (RFC 4180), written interval by interval. Names are those of
// IEC 61968-9 and Green Button where they have one: an interval block for each register, an interval
// reading for each window. Numbers are written digit by digit from the exact decimals.

import { toHex } from '../../base/bytes.ts';
import { type Decimal, formatDecimal } from '../../base/decimal.ts';
import { isWhole, type UsageResult } from '../../contracts/usage.ts';
import type { HistoryRow } from '../history/history-row.ts';
import {
  chainId,
  closed,
  count,
  listOf,
  nullableDecimal,
  nullableText,
  type Schema,
  texts,
  time,
} from './answer-schema.ts';
import type { Span } from './calendar.ts';
import { csvText } from './export.ts';
import type { ProfileFormat, ProfilePart } from './profile.ts';
import { formatTime } from './time-query.ts';
import { decimalOf } from './usage-window.ts';

export const profileHeaders: Readonly<Record<ProfileFormat, Readonly<Record<string, string>>>> = {
  json: { 'content-type': 'application/json; charset=utf-8' },
  csv: {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': 'attachment; filename="profile.csv"',
  },
};

export type ProfileAsked = {
  readonly span: Span;
  readonly month: string | undefined;
  readonly zone: string;
  readonly parts: AsyncIterable<ProfilePart>;
};

export function profileFile(format: ProfileFormat, asked: ProfileAsked): AsyncIterable<string> {
  return format === 'json' ? jsonOf(asked) : csvOf(asked.parts);
}

/** `value` is what was counted in it, `average` the mean of what was read in it. */
type Interval = {
  readonly from: string;
  readonly to: string;
  readonly value: string | null;
  readonly average: string | null;
  readonly quality: string;
  readonly reason: string;
  readonly revision: number | null;
  /** Its summary, as the history names it. */
  readonly summary: string | null;
};

function intervalOf({
  row,
  again,
}: {
  readonly row: HistoryRow;
  readonly again: boolean;
}): Interval {
  return {
    from: formatTime(row.startMs),
    to: formatTime(row.startMs + row.windowMs),
    // The first of two counts, here as in the usage.
    value: again ? null : exact(decimalOf(row.delta)),
    average: again ? null : exact(decimalOf(row.mean)),
    quality: again ? 'ambiguous' : row.quality,
    reason: again ? 'a window twice' : row.reason,
    revision: row.revision,
    summary: `${row.height}-${row.outputIndex}`,
  };
}

function absentIn({ fromMs, toMs }: Span): Interval {
  return {
    from: formatTime(fromMs),
    to: formatTime(toMs),
    value: null,
    average: null,
    quality: 'absent',
    reason: 'no summary',
    revision: null,
    summary: null,
  };
}

function exact(value: Decimal | null): string | null {
  return value === null ? null : formatDecimal(value);
}

async function* jsonOf({ span, month, zone, parts }: ProfileAsked): AsyncIterable<string> {
  const asked = {
    month: month ?? null,
    zone,
    from: formatTime(span.fromMs),
    to: formatTime(span.toMs),
  };
  yield `${JSON.stringify(asked).slice(0, -1)},"intervalBlocks":[`;
  let block = '\n';
  let interval = '\n';
  for await (const part of parts) {
    if (part.kind === 'register') {
      const { device, obis, unit } = part;
      const head = JSON.stringify({ chain: toHex(part.chainId), device, obis, unit });
      yield `${block}${head.slice(0, -1)},"intervalReadings":[`;
      block = ',\n';
      interval = '\n';
    } else if (part.kind === 'end') {
      yield `\n],${JSON.stringify(sumOf(part.result)).slice(1)}`;
    } else {
      const read = part.kind === 'absent' ? absentIn(part) : intervalOf(part);
      yield interval + JSON.stringify(read);
      interval = ',\n';
    }
  }
  yield '\n]}\n';
}

function sumOf(result: UsageResult) {
  const { total, expectedCount, countedCount, validatedCount, revisedCount } = result;
  return {
    total: exact(total),
    complete: isWhole(result),
    windows: {
      expected: expectedCount,
      counted: countedCount,
      validated: validatedCount,
      revised: revisedCount,
    },
  };
}

const columns = [
  ...['chain', 'device', 'obis', 'unit', 'from', 'to'],
  ...['value', 'average', 'quality', 'reason', 'revision', 'summary'],
];

async function* csvOf(parts: AsyncIterable<ProfilePart>): AsyncIterable<string> {
  yield `${columns.join(',')}\r\n`;
  let register = '';
  for await (const part of parts) {
    if (part.kind === 'register') {
      const { device, obis, unit } = part;
      register = [toHex(part.chainId), ...[device, obis, unit].map(csvText)].join(',');
    } else if (part.kind !== 'end') {
      const read = part.kind === 'absent' ? absentIn(part) : intervalOf(part);
      const { from, to, value, average, quality, reason, revision, summary } = read;
      const texts = [csvText(quality), csvText(reason), revision ?? '', summary ?? ''];
      yield `${[register, from, to, value ?? '', average ?? '', ...texts].join(',')}\r\n`;
    }
  }
}

const quality = ['validated', 'estimated', 'edited', 'missing', 'absent', 'ambiguous'];

export const profileSchemas: Readonly<Record<string, Schema>> = {
  Profile: closed({
    month: nullableText,
    zone: texts,
    from: time,
    to: time,
    intervalBlocks: listOf(
      closed({
        chain: chainId,
        device: texts,
        obis: texts,
        unit: texts,
        intervalReadings: listOf(
          closed({
            from: time,
            to: time,
            value: {
              ...nullableDecimal,
              description: 'counted in it, since the last reading before',
            },
            average: { ...nullableDecimal, description: 'mean of the readings in it' },
            quality: { enum: quality, description: '`absent`: no summary of this stretch is here' },
            reason: texts,
            revision: { type: ['integer', 'null'], minimum: 0 },
            summary: { ...nullableText, description: 'its id, under which its proof is' },
          }),
        ),
        total: { ...nullableDecimal, description: 'exact sum of all values, as in the usage' },
        complete: { type: 'boolean', description: 'every window is there, and validated' },
        windows: closed({ expected: count, counted: count, validated: count, revised: count }),
      }),
    ),
  }),
};
