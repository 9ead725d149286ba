// SPDX-License-Identifier: Apache-2.0
// The configuration of a gateway: one documented form, its defaults, and the relations between its
// values. Paths in it are relative to the file.

import { dirname, resolve } from 'node:path';
import { limits } from '../base/limits.ts';
import { findMeter } from '../drivers/index.ts';
import type { SerialSettings } from '../drivers/meter-definition.ts';
import type { Transport } from '../drivers/transport.ts';
import { loadConfig } from '../host/config.ts';
import type { LogLevel } from '../host/log.ts';
import { parseAddress } from './address.ts';

export type LineConfig = { readonly name: string; readonly timeoutMs: number } & (
  | { readonly tcp: string }
  | { readonly rtuTcp: string }
  | ({ readonly serial: string } & SerialSettings)
);

export type MeterConfig = {
  /** The device's name where its serial number is not known; part of its identity on the chain. */
  readonly name: string;
  /** Id in the catalogue. */
  readonly meter: string;
  readonly line: string;
  readonly unit: number;
  readonly periodMs: number;
  readonly serialNumber?: string;
};

/** Another member of the chain. */
export type PeerConfig = {
  /** Its name, or its key id, as the chain has it. */
  readonly name: string;
  /** `host:port` */
  readonly address: string;
};

export type GatewayConfig = {
  /** Where it was read. */
  readonly file: string;
  readonly name: string;
  readonly data: string;
  /** `host:port` where the other members of the chain reach this gateway. */
  readonly listen?: string;
  readonly peers: readonly PeerConfig[];
  readonly mqtt: {
    readonly url: string;
    readonly username?: string;
    readonly password?: string;
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
  };
  readonly anchor: { readonly intervalMs: number };
  readonly http: { readonly port: number };
  readonly log: { readonly level: LogLevel };
  readonly lines: readonly LineConfig[];
  readonly meters: readonly MeterConfig[];
};

const label = { type: 'string', minLength: 1, maxLength: 64 };
const name = { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' };
const endpoint = { type: 'string', pattern: '^.+:\\d{1,5}$' };

const line = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name,
    timeoutMs: { type: 'integer', minimum: 50, maximum: 60_000, default: 1_000 },
    tcp: endpoint,
    rtuTcp: endpoint,
    serial: { type: 'string', minLength: 1 },
    baudRate: { type: 'integer', minimum: 300, maximum: 1_000_000, default: 9_600 },
    parity: { enum: ['none', 'even', 'odd'], default: 'none' },
    dataBits: { enum: [7, 8], default: 8 },
    stopBits: { enum: [1, 2], default: 1 },
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
    unit: { type: 'integer', minimum: 0, maximum: 247, default: 1 },
    periodMs: { type: 'integer', minimum: 200, maximum: 86_400_000, default: 1_000 },
    serialNumber: { type: 'string', pattern: '^[A-Za-z0-9.]{1,32}$' },
  },
};

const peer = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'address'],
  properties: { name: label, address: endpoint },
};

/** JSON schema (2020-12) of the file. */
export const gatewayConfigSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'mqtt'],
  properties: {
    name: label,
    data: { type: 'string', default: 'data' },
    listen: endpoint,
    peers: { type: 'array', maxItems: limits.membersMax - 1, default: [], items: peer },
    mqtt: {
      type: 'object',
      additionalProperties: false,
      required: ['url'],
      properties: {
        url: { type: 'string', pattern: '^(mqtts?|wss?)://.+' },
        username: { type: 'string' },
        password: { type: 'string' },
        ca: { type: 'string' },
        cert: { type: 'string' },
        key: { type: 'string' },
      },
    },
    anchor: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        intervalMs: { type: 'integer', minimum: 1_000, maximum: 3_600_000, default: 60_000 },
      },
    },
    http: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: { port: { type: 'integer', minimum: 0, maximum: 65_535, default: 8_780 } },
    },
    log: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: { level: { enum: ['debug', 'info', 'warn', 'error'], default: 'info' } },
    },
    lines: { type: 'array', maxItems: 64, default: [], items: line },
    meters: { type: 'array', maxItems: 256, default: [], items: meter },
  },
} as const;

/** What is wrong with the value at `path`. */
export type Problem = {
  readonly path: (string | number)[];
  readonly message: string;
  readonly hint?: string;
};

/** What the schema cannot say. */
function relations(config: GatewayConfig): Problem[] {
  const lineNames = config.lines.map((one) => one.name);
  const problems: Problem[] = [
    ...repeated('lines', lineNames),
    ...repeated(
      'meters',
      config.meters.map((one) => one.name),
    ),
    ...addressProblems(config),
  ];
  for (const [i, one] of config.lines.entries()) {
    const ways = ['tcp', 'rtuTcp', 'serial'].filter((way) => way in one);
    if (ways.length !== 1) {
      problems.push({
        path: ['lines', i],
        message: ways.length === 0 ? 'no way to its devices' : `${ways.join(' and ')} at once`,
        hint: 'give one of `tcp: host:port`, `rtuTcp: host:port`, `serial: /dev/…`',
      });
    }
  }
  for (const [i, one] of config.meters.entries()) {
    if (!lineNames.includes(one.line)) {
      problems.push({ path: ['meters', i, 'line'], message: 'there is no line of this name' });
    }
    if (findMeter(one.meter) === undefined) {
      problems.push({
        path: ['meters', i, 'meter'],
        message: 'no meter of this id is known',
        hint: '`tieline meters` lists them',
      });
    }
  }
  return problems;
}

/** Written as host:port, and no address for all that. */
function addressProblems({ listen, peers }: GatewayConfig): Problem[] {
  const message = 'not host:port';
  const hint = 'a port is from 1 to 65535, an IPv6 address stands in brackets';
  const isBad = (text: string): boolean => parseAddress(text) === undefined;
  return [
    ...(listen !== undefined && isBad(listen) ? [{ path: ['listen'], message, hint }] : []),
    ...peers.flatMap(({ address }, i) =>
      isBad(address) ? [{ path: ['peers', i, 'address'], message, hint }] : [],
    ),
  ];
}

function repeated(list: string, names: readonly string[]): Problem[] {
  return names.flatMap((one, i) =>
    names.indexOf(one) === i ? [] : [{ path: [list, i, 'name'], message: 'a name used before' }],
  );
}

/**
 * @param check what only the chain can tell; its problems are reported with all others.
 * @throws TielineError `config` with every problem of the file.
 */
export function loadGatewayConfig(
  path: string,
  check: (config: GatewayConfig) => readonly Problem[] = () => [],
): GatewayConfig {
  const config = loadConfig<GatewayConfig>({
    path,
    schema: gatewayConfigSchema,
    check: (given) => [...relations(given), ...check(given)],
  });
  const { mqtt } = config;
  const at = (file: string) => resolve(dirname(path), file);
  return {
    ...config,
    file: path,
    data: at(config.data),
    mqtt: {
      ...mqtt,
      ...(mqtt.ca === undefined ? {} : { ca: at(mqtt.ca) }),
      ...(mqtt.cert === undefined ? {} : { cert: at(mqtt.cert) }),
      ...(mqtt.key === undefined ? {} : { key: at(mqtt.key) }),
    },
  };
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
