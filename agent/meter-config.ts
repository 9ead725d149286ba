// SPDX-License-Identifier: Apache-2.0
// The lines and meters of a gateway's configuration: their form, and what must agree between them.

import { didYouMean } from '../base/nearest.ts';
import { isObis } from '../base/obis.ts';
import { findAnyMeter, findMeter, findProtocolMeter, unknownMeterHint } from '../drivers/index.ts';
import type { MeterDefinition, SerialSettings } from '../drivers/meter-definition.ts';
import { unitMax } from '../drivers/modbus/rtu-frame.ts';
import type { Keep } from '../drivers/narrowed.ts';
import { type SerialProtocol, serialDefaults, speaksByItself } from '../drivers/protocol-meter.ts';
import type { Transport } from '../drivers/transport.ts';
import type { Problem } from './config-problem.ts';
import { isMeterFile } from './meter-file.ts';
import type { MeterKey } from './meter-key.ts';

export type LineConfig = {
  readonly name: string;
  /** Longest time that a device may take to begin its answer. */
  readonly timeoutMs: number;
  /** How long each device is left alone after its answer. */
  readonly deviceGapMs: number;
  /** Whose speed and form a tty has where nothing else is said. */
  readonly protocol?: SerialProtocol | 'modbus';
} & (
  | { readonly tcp: string }
  | { readonly rtuTcp: string }
  | ({ readonly serial: string } & SerialSettings)
);

export type MeterConfig = {
  /** The device's name where its serial number is not known; part of its identity on the chain. */
  readonly name: string;
  /** Id in the catalogue, or a file in YAML. */
  readonly meter: string;
  /** From that file. */
  readonly definition?: MeterDefinition;
  readonly line: string;
  readonly unit: number;
  /** Of a meter without Modbus, as it stands on it; without, the meter is asked for it. */
  readonly address?: string;
  /** Of one that encrypts: where its keys are. */
  readonly keyFile?: string;
  /** From that file, once it is read. */
  readonly key?: MeterKey;
  /** Of all registers that no group below names. */
  readonly periodMs: number;
  readonly periods: readonly GroupConfig[];
  readonly serialNumber?: string;
};

/** Registers with a period of their own. */
export type GroupConfig = {
  /** OBIS codes, or words for all of a kind. */
  readonly registers: readonly string[];
  readonly periodMs: number;
  /** Read before all else that is due on the line. */
  readonly alarm?: boolean;
};

/** Registers of one meter that are read together; each group has a schema. */
export type Group = {
  readonly periodMs: number;
  readonly alarm: boolean;
  readonly keep: Keep;
};

const kinds = ['counter', 'instantaneous', 'tradable', 'local'] as const;

/** The first group that names a register has it. */
export function groupsOf({ periods, periodMs }: MeterConfig): readonly Group[] {
  const all: readonly GroupConfig[] = [...periods, { registers: [...kinds], periodMs }];
  return all.map((group, place) => ({
    periodMs: group.periodMs,
    alarm: group.alarm === true,
    keep: (value) => all.findIndex(({ registers }) => isNamed(value, registers)) === place,
  }));
}

function isNamed({ obis, kind, class: valueClass }: Parameters<Keep>[0], names: readonly string[]) {
  return [obis, kind, valueClass].some((name) => names.includes(name));
}

const name = {
  type: 'string',
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  description: 'lower-case letters, digits and hyphens',
};
const endpoint = { type: 'string', pattern: '^.+:\\d{1,5}$', description: 'host:port' };
const periodMs = { type: 'integer', minimum: 200, maximum: 86_400_000 };

const line = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name,
    timeoutMs: { type: 'integer', minimum: 50, maximum: 60_000, default: 1_000 },
    deviceGapMs: { type: 'integer', minimum: 0, maximum: 10_000, default: 0 },
    tcp: endpoint,
    rtuTcp: endpoint,
    protocol: { enum: Object.keys(serialDefaults) },
    serial: { type: 'string', minLength: 1 },
    baudRate: { type: 'integer', minimum: 300, maximum: 1_000_000 },
    parity: { enum: ['none', 'even', 'odd'] },
    dataBits: { enum: [7, 8] },
    stopBits: { enum: [1, 2] },
  },
};

const group = {
  type: 'object',
  additionalProperties: false,
  required: ['registers', 'periodMs'],
  properties: {
    registers: { type: 'array', minItems: 1, maxItems: 256, items: { type: 'string' } },
    periodMs,
    alarm: { type: 'boolean' },
  },
};

const meter = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'meter', 'line'],
  properties: {
    name,
    meter: { type: 'string' },
    line: name,
    unit: { type: 'integer', minimum: 0, maximum: 255, default: 1 },
    address: {
      type: 'string',
      pattern: '^[A-Za-z0-9]{1,32}$',
      description: 'letters and digits, in quotes',
    },
    keyFile: { type: 'string', minLength: 1 },
    periodMs: { ...periodMs, default: 1_000 },
    periods: { type: 'array', maxItems: 16, default: [], items: group },
    serialNumber: {
      type: 'string',
      pattern: '^[A-Za-z0-9.]{1,32}$',
      description: 'letters, digits and dots',
    },
  },
};

/** JSON schemas of the two sections. */
export const meterSections = {
  lines: { type: 'array', maxItems: 64, default: [], items: line },
  meters: { type: 'array', maxItems: 256, default: [], items: meter },
} as const;

export type MeterSections = {
  readonly lines: readonly LineConfig[];
  readonly meters: readonly MeterConfig[];
};

/** A tty is by default as its protocol's standard says. */
export function withSerialDefaults(line: LineConfig): LineConfig {
  return 'serial' in line ? { ...serialDefaults[line.protocol ?? 'modbus'], ...line } : line;
}

/** What the schema cannot say. */
export function meterProblems({ lines, meters }: MeterSections): Problem[] {
  const lineNames = lines.map((one) => one.name);
  return [
    ...repeated('lines', lineNames),
    ...repeated(
      'meters',
      meters.map((one) => one.name),
    ),
    ...lines.flatMap((one, i) => wayProblems(one, ['lines', i])),
    ...meters.flatMap((one, i) => placeProblems(one, lines, ['meters', i])),
    ...meters.flatMap((one, i) => companyProblems(one, meters, ['meters', i])),
    ...meters.flatMap((one, i) => groupProblems(one, ['meters', i, 'periods'])),
  ];
}

type Path = readonly (string | number)[];

function wayProblems(line: LineConfig, path: Path): Problem[] {
  const ways = ['tcp', 'rtuTcp', 'serial'].filter((way) => way in line);
  if (ways.length === 1) return [];
  const message = ways.length === 0 ? 'no way to its devices' : `${ways.join(' and ')} at once`;
  const hint = 'give one of `tcp: host:port`, `rtuTcp: host:port`, `serial: /dev/…`';
  return [{ path: [...path], message, hint }];
}

function placeProblems(
  { line, meter, unit }: MeterConfig,
  lines: readonly LineConfig[],
  path: Path,
): Problem[] {
  const problems: Problem[] = [];
  const config = lines.find((one) => one.name === line);
  if (config === undefined) {
    const known = lines.map(({ name }) => name);
    const hint = didYouMean(line, known) ?? linesHint(known);
    problems.push({ path: [...path, 'line'], message: 'there is no line of this name', hint });
  }
  if (!isMeterFile(meter) && findAnyMeter(meter) === undefined) {
    problems.push({
      path: [...path, 'meter'],
      message: 'no meter of this id is known',
      hint: unknownMeterHint(meter),
    });
  }
  if (config !== undefined && !('tcp' in config) && (unit < 1 || unit > unitMax)) {
    const hint = `on a serial bus a unit is from 1 to ${unitMax}`;
    problems.push({ path: [...path, 'unit'], message: 'there is no such unit', hint });
  }
  if (config !== undefined && 'tcp' in config && findProtocolMeter(meter) !== undefined) {
    problems.push({
      path: [...path, 'line'],
      message: 'this meter does not speak Modbus',
      hint: 'its line is `serial: /dev/…`, or `rtuTcp: host:port` of a serial server',
    });
  }
  return problems;
}

function linesHint(known: readonly string[]): string {
  return known.length === 0 ? 'add it to `lines`' : `there are: ${known.join(', ')}`;
}

/** Where a meter speaks by itself nobody else is heard. */
function companyProblems(
  { name, line, meter }: MeterConfig,
  meters: readonly MeterConfig[],
  path: Path,
): Problem[] {
  const protocol = findProtocolMeter(meter);
  const company = meters.filter((other) => other.line === line && other.name !== name);
  if (protocol === undefined || !speaksByItself(protocol) || company.length === 0) return [];
  const message = `this meter speaks by itself, and ${company[0]?.name} is on its line`;
  return [{ path: [...path, 'line'], message, hint: 'give it a line of its own' }];
}

/** A group that names nothing the meter has would be silence that nobody notices. */
function groupProblems({ meter, periods }: MeterConfig, path: Path): Problem[] {
  const known =
    findMeter(meter)?.registers.map(({ obis }) => obis) ?? findProtocolMeter(meter)?.obis;
  const isKind = (name: string) => kinds.some((kind) => kind === name);
  return periods.flatMap(({ registers }, i) =>
    registers.flatMap((register, k): Problem[] => {
      const place = [...path, i, 'registers', k];
      if (isKind(register)) return [];
      if (!isObis(register)) {
        const hint = `write 1-0:1.8.0*255, or one of ${kinds.join(', ')}`;
        return [{ path: place, message: 'no OBIS code', hint }];
      }
      if (known === undefined || known.includes(register)) return [];
      const hint = '`tieline meters --json` lists what it has';
      return [{ path: place, message: 'the meter has no such register', hint }];
    }),
  );
}

function repeated(list: string, names: readonly string[]): Problem[] {
  return names.flatMap((one, i) =>
    names.indexOf(one) === i ? [] : [{ path: [list, i, 'name'], message: 'a name used before' }],
  );
}

/** The way to the devices of a line. */
export function transportOf(config: LineConfig): Transport {
  if ('tcp' in config) return { kind: 'modbus-tcp', ...endpointOf(config.tcp) };
  if ('rtuTcp' in config) return { kind: 'rtu-tcp', ...endpointOf(config.rtuTcp) };
  const { serial, baudRate, parity, dataBits, stopBits } = config;
  return { kind: 'modbus-rtu', path: serial, baudRate, parity, dataBits, stopBits };
}

function endpointOf(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}
