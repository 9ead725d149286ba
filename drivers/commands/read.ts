// SPDX-License-Identifier: Apache-2.0
// `tieline read`: one reading of one meter, with exact values. What could not be read is shown as
// `-` with the reason; where nothing was, the first fault is the error.

import { formatDecimal } from '../../base/decimal.ts';
import { TielineError } from '../../base/errors.ts';
import { qualityName } from '../../base/quality.ts';
import type { Device, DeviceValue, Reading, ReadValue } from '../device.ts';
import { findDevice } from '../find-device.ts';
import type { LineFault } from '../line.ts';
import type { MeterDefinition } from '../meter-definition.ts';
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
  /** An id of the catalogue, or what a user's own file holds. */
  readonly meter?: string | MeterDefinition | undefined;
  readonly unit?: string | undefined;
  /** Of a meter that has no Modbus unit. */
  readonly address?: string | undefined;
  /** Of one that encrypts. */
  readonly key?: readonly Uint8Array[] | undefined;
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
    const { address, key } = options;
    const found = await findDevice('registers' in definition ? definition : definition.id, {
      line,
      unit,
      address,
      key,
    });
    if (!found.ok) throw failureOf(found.fault);
    const { device } = found;
    const reading = await device.read();
    const complete = reading.values.every(({ mantissa }) => mantissa !== null);
    const [fault] = reading.faults;
    if (fault !== undefined && reading.values.every(({ mantissa }) => mantissa === null)) {
      throw failureOf(fault);
    }
    const about = {
      meter: device.definition,
      ...('protocol' in definition
        ? { line: line.bytes?.name ?? '', request: device.request }
        : { line: line.registers.name, unit }),
    };
    const shown = { about, rows: rowsOf(device, reading), faults: reading.faults };
    return { text: options.json ? json(shown) : list(shown), complete };
  } finally {
    await line.close();
  }
}

type Row = DeviceValue & ReadValue;

type Shown = {
  readonly about: {
    readonly meter: string;
    readonly line: string;
    /** Modbus. */
    readonly unit?: number;
    /** Of other protocols: whom it asks for what. */
    readonly request?: string;
  };
  readonly rows: readonly Row[];
  readonly faults: readonly LineFault[];
};

function rowsOf({ values }: Device, reading: Reading): readonly Row[] {
  return reading.values.flatMap((value, i) => {
    const meaning = values[i];
    return meaning === undefined ? [] : [{ ...meaning, ...value }];
  });
}

function json({ about, rows, faults }: Shown): string {
  const values = rows.map((row) => ({
    obis: row.obis,
    name: row.name,
    value: decimalOf(row),
    unit: row.unit,
    quality: qualityName(row.quality),
  }));
  return JSON.stringify({ ...about, values, faults }, null, 2);
}

function list({ about, rows, faults }: Shown): string {
  const cells = rows.map((row) => [
    row.obis,
    decimalOf(row) ?? '-',
    row.unit,
    qualityName(row.quality),
    row.name,
  ]);
  const whom = about.unit === undefined ? about.request : `unit ${about.unit}`;
  const head = `${about.meter}, ${whom}, ${about.line}`;
  const troubles = faults.map((fault) => `fault: ${fault.detail}`);
  return [head, table(cells, { right: [1] }), ...troubles].join('\n');
}

function decimalOf({ mantissa, exponent }: Row): string | null {
  return mantissa === null ? null : formatDecimal({ mantissa, exponent });
}

function failureOf(fault: LineFault): TielineError {
  const hint =
    fault.kind === 'exception'
      ? 'is it this meter model? `tieline scan` says which maps fit what is there'
      : fault.hint;
  return new TielineError(`meter-${fault.kind}`, fault.detail, { retry: 'transient', hint });
}
