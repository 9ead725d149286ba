// SPDX-License-Identifier: Apache-2.0
// The usage of one register as JSON: an exact total, how much of it rests on what, and where its
// proofs are.

import { toHex } from '../../base/bytes.ts';
import { type Decimal, formatDecimal } from '../../base/decimal.ts';
import { billed, differenceOf, isWhole, type UsageResult } from '../../contracts/usage.ts';
import {
  closed,
  count,
  decimal,
  listOf,
  named,
  nullableText,
  type Schema,
  texts,
  time,
} from './answer-schema.ts';
import type { Span } from './calendar.ts';
import { formatTime } from './time-query.ts';

export type RegisterUsage = {
  readonly chainId: Uint8Array;
  readonly device: string;
  readonly obis: string;
  readonly unit: string;
  readonly result: UsageResult;
  /** The last reading before the stretch. */
  readonly opening: UsageResult['closing'];
};

export function usageView(usage: RegisterUsage, { fromMs, toMs }: Span) {
  const { obis, unit, result, opening } = usage;
  const { total, expectedCount, countedCount, validatedCount, revisedCount } = result;
  const chain = toHex(usage.chainId);
  const bill = total === null ? null : billed(total, unit);
  const difference =
    opening === null || result.closing === null
      ? null
      : differenceOf(result.closing.value, opening.value);
  return {
    chain,
    device: usage.device,
    obis,
    unit,
    total: total === null ? null : exact(total),
    billed: bill === null ? null : { value: exact(bill.value), unit: bill.unit },
    complete: isWhole(result),
    windows: {
      expected: expectedCount,
      counted: countedCount,
      validated: validatedCount,
      revised: revisedCount,
    },
    stretches: result.stretches.map((stretch) => ({
      from: formatTime(stretch.fromMs),
      to: formatTime(stretch.toMs),
      kind: stretch.kind,
      reason: stretch.reason,
    })),
    stretchesOmitted: result.stretchesOmitted,
    readings: {
      opening: readingView(opening),
      closing: readingView(result.closing),
      difference: difference === null ? null : exact(difference),
      /** Rollovers, resets and changes of meters make them differ. */
      agrees: difference === null || total === null ? null : exactly(difference, total),
      meterEvents: result.eventCount,
    },
    proof: `/api/v1/usage/proof?${new URLSearchParams({
      device: usage.device,
      chain,
      obis,
      from: String(fromMs),
      to: String(toMs),
    })}`,
  };
}

export const usageSchemas: Readonly<Record<string, Schema>> = {
  Usage: closed({
    device: { ...nullableText, description: 'null where all that the token names were asked for' },
    month: nullableText,
    zone: texts,
    from: time,
    to: time,
    registers: listOf(named('RegisterUsage')),
  }),
  RegisterUsage: closed({
    chain: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    device: texts,
    obis: texts,
    unit: texts,
    total: { description: 'exact sum of the deltas of all windows', ...nullable(decimal) },
    billed: nullable(closed({ value: decimal, unit: texts })),
    complete: { type: 'boolean', description: 'every window is there, and validated' },
    windows: closed({ expected: count, counted: count, validated: count, revised: count }),
    stretches: listOf(
      closed({
        from: time,
        to: time,
        kind: { enum: ['absent', 'missing', 'estimated', 'edited', 'unknown', 'ambiguous'] },
        reason: texts,
      }),
    ),
    stretchesOmitted: count,
    readings: closed({
      opening: named('RegisterReading'),
      closing: named('RegisterReading'),
      difference: nullable(decimal),
      agrees: { type: ['boolean', 'null'] },
      meterEvents: count,
    }),
    proof: { ...texts, description: 'path of the file with the proofs of all windows' },
  }),
  RegisterReading: {
    description: 'the last reading of a window; null where it is not known',
    ...nullable(closed({ value: decimal, windowEnd: time })),
  },
};

function nullable(schema: Schema): Schema {
  return { oneOf: [{ type: 'null' }, schema] };
}

function readingView(reading: UsageResult['closing']) {
  if (reading === null) return null;
  return { value: exact(reading.value), windowEnd: formatTime(reading.windowEndMs) };
}

/** As written, whatever the exponents: what no decimal text can hold is not measured. */
function exact(value: Decimal): string {
  return formatDecimal(value);
}

function exactly(a: Decimal, b: Decimal): boolean {
  return differenceOf(a, b).mantissa === 0n;
}
