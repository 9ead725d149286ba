// SPDX-License-Identifier: Apache-2.0
// The configuration of a gateway: one documented form, its defaults, and the relations between its
// values. Paths in it are relative to the file.

import { dirname, resolve } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { brokerAddresses } from '../host/broker-addresses.ts';
import { loadConfig } from '../host/config.ts';
import type { LogLevel } from '../host/log.ts';
import { tlsPaths } from '../host/tls-files.ts';
import { parseAddress } from './address.ts';
import type { Problem } from './config-problem.ts';
import {
  type MeterSections,
  meterProblems,
  meterSections,
  withSerialDefaults,
} from './meter-config.ts';
import { isMeterFile, loadMeterFile } from './meter-file.ts';

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
  /** A member whose grant is handed in here must leave this gateway with so many others at most. */
  readonly peersMax: number;
  readonly mqtt: {
    /** One address, or several of one broker. */
    readonly url: string | readonly string[];
    readonly username?: string;
    readonly password?: string;
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
  };
  /** What is read in so long becomes one signed batch, and with the others' batches one block. */
  readonly batch: {
    readonly windowMs: number;
    /** While the outbox is filling, of each device and schema one pack in so long; left out: all. */
    readonly thinnedMs?: number;
  };
  readonly anchor: { readonly intervalMs: number };
  /** How long blocks stay in the database, and what database and segments may come to. */
  readonly archive: { readonly retention: string; readonly diskMax?: string };
  readonly http: { readonly port: number };
  readonly log: { readonly level: LogLevel };
} & MeterSections;

const label = { type: 'string', minLength: 1, maxLength: 64 };
const endpoint = { type: 'string', pattern: '^.+:\\d{1,5}$', description: 'host:port' };

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
    peersMax: {
      type: 'integer',
      minimum: 1,
      maximum: limits.membersMax - 1,
      default: limits.membersMax - 1,
    },
    mqtt: {
      type: 'object',
      additionalProperties: false,
      required: ['url'],
      properties: {
        url: brokerAddresses,
        username: { type: 'string' },
        password: { type: 'string' },
        ca: { type: 'string' },
        cert: { type: 'string' },
        key: { type: 'string' },
      },
    },
    batch: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        windowMs: { type: 'integer', minimum: 100, maximum: 60_000, default: 1_000 },
        thinnedMs: { type: 'integer', minimum: 1_000, maximum: 3_600_000 },
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
    archive: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        retention: {
          type: 'string',
          pattern: '^\\d{1,6}[smhd]$',
          default: '90d',
          description: 'a whole number of s, m, h or d: 90d',
        },
        diskMax: {
          type: 'string',
          pattern: '^\\d{1,6}(MB|GB)$',
          description: 'a whole number of MB or GB: 16GB',
        },
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
    ...meterSections,
  },
} as const;

/** What the schema cannot say. */
function relations(config: GatewayConfig, at: (file: string) => string): Problem[] {
  return [...meterProblems(config), ...meterFileProblems(config, at), ...addressProblems(config)];
}

function meterFileProblems({ meters }: MeterSections, at: (file: string) => string): Problem[] {
  return meters.flatMap(({ meter }, i): Problem[] => {
    if (!isMeterFile(meter)) return [];
    try {
      loadMeterFile(at(meter));
      return [];
    } catch (error) {
      const message = `the definition is not usable:\n${messageOf(error)}`;
      return [{ path: ['meters', i, 'meter'], message }];
    }
  });
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

/**
 * @param check what only the chain can tell; its problems are reported with all others.
 * @throws TielineError `config` with every problem of the file.
 */
export function loadGatewayConfig(
  path: string,
  check: (config: GatewayConfig) => readonly Problem[] = () => [],
): GatewayConfig {
  const at = (file: string) => resolve(dirname(path), file);
  const config = loadConfig<GatewayConfig>({
    path,
    schema: gatewayConfigSchema,
    check: (given) => [...relations(given, at), ...check(given)],
  });
  const { mqtt } = config;
  return {
    ...config,
    file: path,
    data: at(config.data),
    lines: config.lines.map(withSerialDefaults),
    meters: config.meters.map((meter) => ({
      ...meter,
      ...(meter.keyFile === undefined ? {} : { keyFile: at(meter.keyFile) }),
      ...(isMeterFile(meter.meter) ? { definition: loadMeterFile(at(meter.meter)) } : {}),
    })),
    mqtt: { ...mqtt, ...tlsPaths(mqtt, at) },
  };
}
