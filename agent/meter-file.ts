// SPDX-License-Identifier: Apache-2.0
// A user's own meter, in YAML: a map of registers in the words of the catalogue. All that is wrong in
// a file is told at once, with its place.

import { limits } from '../base/limits.ts';
import { findAnyMeter } from '../drivers/index.ts';
import { type Measurand, measurands } from '../drivers/measurand.ts';
import {
  type MeterDefinition,
  type RawType,
  register,
  type SerialSettings,
  type WordOrder,
} from '../drivers/meter-definition.ts';
import { loadConfig, parseConfig } from '../host/config.ts';
import type { Problem } from './config-problem.ts';

type Quantity = keyof typeof measurands;

type RegisterText = {
  readonly measures: Quantity;
  readonly address: number;
  readonly rawType: RawType;
  readonly wordOrder?: WordOrder;
  readonly scalePowerOfTen: number;
  readonly unavailable?: 'highest';
  readonly min?: number;
  readonly max?: number;
  readonly source?: string;
};

type MeterText = {
  readonly id: string;
  readonly vendor: string;
  readonly model: string;
  readonly source: string;
  readonly functionCode: 3 | 4;
  readonly registersPerReadMax: number;
  readonly wordOrder: WordOrder;
  readonly serial?: Partial<SerialSettings>;
  readonly registers: readonly RegisterText[];
  readonly notes: readonly string[];
};

const label = { type: 'string', minLength: 1, maxLength: 64 };
const source = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  description: 'where the facts are from: a manual and its revision, a measurement',
};
const wordOrder = { enum: ['high-word-first', 'low-word-first'] };
const rawTypes = ['float64', 'float32', 'uint64', 'int64', 'uint32', 'int32', 'uint16', 'int16'];

const registerSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['measures', 'address', 'rawType'],
  properties: {
    measures: { enum: Object.keys(measurands) },
    address: {
      type: 'integer',
      minimum: 0,
      maximum: 65_535,
      description: 'as sent on the wire, from 0; 0x2000 may be written so',
    },
    rawType: { enum: rawTypes },
    wordOrder,
    scalePowerOfTen: {
      type: 'integer',
      minimum: -9,
      maximum: 9,
      default: 0,
      description:
        'value = raw × 10^this, in V, A, W, var, Hz, Wh: 3 where the meter says kW or kWh',
    },
    unavailable: { const: 'highest' },
    min: { type: 'integer' },
    max: { type: 'integer' },
    source,
  },
};

const meterSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'vendor', 'model', 'source', 'functionCode', 'registers'],
  properties: {
    id: {
      type: 'string',
      pattern: '^[a-z0-9]+(-[a-z0-9]+)+$',
      maxLength: 64,
      description: 'vendor and model in lower-case letters, digits and hyphens: acme-m1',
    },
    vendor: label,
    model: label,
    source,
    functionCode: { enum: [3, 4] },
    registersPerReadMax: {
      type: 'integer',
      minimum: 4,
      maximum: limits.modbusRegistersMax,
      default: limits.modbusRegistersMax,
    },
    wordOrder: { ...wordOrder, default: 'high-word-first' },
    serial: {
      type: 'object',
      additionalProperties: false,
      properties: {
        baudRate: { type: 'integer', minimum: 300, maximum: 1_000_000 },
        parity: { enum: ['none', 'even', 'odd'] },
        dataBits: { enum: [7, 8] },
        stopBits: { enum: [1, 2] },
      },
    },
    registers: { type: 'array', minItems: 1, maxItems: 256, items: registerSchema },
    notes: { type: 'array', maxItems: 32, default: [], items: { type: 'string' } },
  },
};

/** Whether a configuration's `meter` names a file, not an id of the catalogue. */
export function isMeterFile(meter: string): boolean {
  return /\.ya?ml$/.test(meter);
}

/** @throws TielineError `config` with every problem of the file. */
export function loadMeterFile(path: string): MeterDefinition {
  return definitionOf(loadConfig<MeterText>({ path, schema: meterSchema, check: problemsOf }));
}

/** The same of a text. @throws TielineError `config` */
export function parseMeterFile(text: string, file: string): MeterDefinition {
  return definitionOf(
    parseConfig<MeterText>({ text, file, schema: meterSchema, check: problemsOf }),
  );
}

function definitionOf(text: MeterText): MeterDefinition {
  const { id, vendor, model, functionCode, registersPerReadMax, notes } = text;
  const provenance = { level: 'one-source', sources: [text.source] } as const;
  return {
    ...{ id, vendor, model, functionCode, registersPerReadMax, notes },
    serial: text.serial === undefined ? null : { ...text.serial, provenance },
    registers: text.registers.map((one) => {
      const { unavailable, min, max } = one;
      return register(measurandOf(one), {
        address: one.address,
        rawType: one.rawType,
        wordOrder: one.wordOrder ?? text.wordOrder,
        scalePowerOfTen: one.scalePowerOfTen,
        ...(unavailable === undefined ? {} : { unavailable }),
        bounds: { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) },
        sources: [one.source ?? text.source],
      });
    }),
  };
}

/** Integers keep all the digits that they have. */
function measurandOf({ measures, rawType, scalePowerOfTen }: RegisterText): Measurand {
  const measurand: Measurand = measurands[measures];
  const isFloat = rawType.startsWith('float');
  const exponent = isFloat ? measurand.exponent : Math.min(measurand.exponent, scalePowerOfTen);
  return { ...measurand, exponent };
}

/** What the schema cannot say. */
function problemsOf(text: MeterText): readonly Problem[] {
  const problems: Problem[] = [];
  if (findAnyMeter(text.id) !== undefined) {
    const hint = 'an id stands for one map for ever: choose another';
    problems.push({ path: ['id'], message: 'the catalogue has this id', hint });
  }
  const spans = definitionOf(text).registers;
  for (const [i, { measures, min, max }] of text.registers.entries()) {
    const { address, count } = spans[i] ?? { address: 0, count: 0 };
    const at = (key: string) => ['registers', i, key];
    if (text.registers.findIndex((other) => other.measures === measures) !== i) {
      problems.push({ path: at('measures'), message: 'another register measures this' });
    }
    if (address + count > 65_536) {
      problems.push({ path: at('address'), message: 'it ends behind the last register' });
    }
    const taken = spans.findIndex((other) => {
      return address < other.address + other.count && other.address < address + count;
    });
    if (taken !== i) {
      const message = `it shares registers with ${text.registers[taken]?.measures}`;
      const hint = `a value takes ${count}: is the address right, and the type?`;
      problems.push({ path: at('address'), message, hint });
    }
    if (min !== undefined && max !== undefined && min > max) {
      problems.push({ path: at('min'), message: 'it is above max' });
    }
  }
  return problems;
}
