// SPDX-License-Identifier: Apache-2.0
// `tieline read`: one reading of one meter, with exact values. What could not be read is shown as
// `-` with the reason; where nothing was, the first fault is the error.

import { formatDecimal } from '../../base/decimal.ts';
import { TielineError } from '../../base/errors.ts';
import { qualityName } from '../../base/quality.ts';
import type { LineFault } from '../line.ts';
import { type MeterReading, type MeterValue, readMeter } from '../reader.ts';
import { openLine } from '../transport.ts';
import { table } from './table.ts';
import {
  meterOf,
  type TransportOptions,
  transportOf,
  unitOf,
  wholeNumber,
} from './transport-options.ts';

export type ReadOptions = TransportOptions & {
  readonly meter?: string | undefined;
  readonly unit?: string | undefined;
  /** Milliseconds that the meter may take. */
  readonly timeout?: string | undefined;
  readonly json?: boolean | undefined;
};

export type ReadOutcome = {
  /** To print, without a line end. */
  readonly text: string;
  /** Whether every register has a value. */
  readonly complete: boolean;
};

/** @throws TielineError `usage`, or a code from the first fault where nothing was read:
 * `meter-time-out`, `meter-closed`, `meter-exception`, … */
export async function readOnce(options: ReadOptions): Promise<ReadOutcome> {
  const definition = meterOf(options.meter);
  const transport = transportOf(options, definition);
  const unit = unitOf(options.unit, transport);
  const timeoutMs = wholeNumber('--timeout', options.timeout ?? '1000', [1, 60_000]);
  const line = openLine(transport, { timeoutMs });
  try {
    const reading = await readMeter({ line, definition, unit });
    const complete = reading.values.every(({ mantissa }) => mantissa !== null);
    const [fault] = reading.faults;
    if (fault !== undefined && reading.values.every(({ mantissa }) => mantissa === null)) {
      throw failureOf(fault);
    }
    const about = { meter: definition.id, line: line.name, unit };
    return { text: options.json ? json(about, reading) : list(about, reading), complete };
  } finally {
    await line.close();
  }
}

type About = { readonly meter: string; readonly line: string; readonly unit: number };

function json(about: About, { values, faults }: MeterReading): string {
  const shown = values.map((value) => ({
    obis: value.obis,
    name: value.name,
    value: decimalOf(value),
    unit: value.unit,
    quality: qualityName(value.quality),
  }));
  return JSON.stringify({ ...about, values: shown, faults }, null, 2);
}

function list({ meter, line, unit }: About, { values, faults }: MeterReading): string {
  const rows = values.map((value) => [
    value.obis,
    decimalOf(value) ?? '-',
    value.unit,
    qualityName(value.quality),
    value.name,
  ]);
  const head = `${meter}, unit ${unit}, ${line}`;
  const troubles = faults.map((fault) => `fault: ${fault.detail}`);
  return [head, table(rows, { right: [1] }), ...troubles].join('\n');
}

function decimalOf({ mantissa, exponent }: MeterValue): string | null {
  return mantissa === null ? null : formatDecimal({ mantissa, exponent });
}

function failureOf(fault: LineFault): TielineError {
  const hint = fault.kind === 'exception' ? 'is it this meter model?' : fault.hint;
  return new TielineError(`meter-${fault.kind}`, fault.detail, { retry: 'transient', hint });
}
