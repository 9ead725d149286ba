// SPDX-License-Identifier: Apache-2.0
// Configuration of the centre: what each setting means, its default, and what is refused. Paths are
// relative to the file.

import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { cosignerKeyType } from '../base/cosignature.ts';
import { type Result, refuse } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { nodeSuite } from '../base/node-suite.ts';
import { type NoteKey, parseVerifierText } from '../base/note.ts';
import { brokerAddresses } from '../host/broker-addresses.ts';
import { loadConfig } from '../host/config.ts';
import { isLoopback } from '../host/http.ts';
import { tlsPaths } from '../host/tls-files.ts';

export type DispatchConfig = {
  /** Directory of `ledger.sqlite`, `history.sqlite` and the key of the main log. */
  readonly data: string;
  readonly mqtt: {
    /**
     * `mqtt://host:1883`, or `mqtts://host:8883` with TLS; several are of one broker, or of brokers that
     * hand on to each other.
     */
    readonly url: string | readonly string[];
    readonly clientId: string;
    /** Nodes of one group share what comes up, where the broker can do that. */
    readonly group: string;
    /** PEM files: the broker's authority, and the certificate and key that it gave this node. */
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
  };
  /** The log is kept together with other organisations; `tieline dispatch init` makes it so. */
  readonly consortium?: {
    /** The engine's program: a path, or a name. */
    readonly engine: string;
    /** The engine's directory. */
    readonly home: string;
  };
  readonly history: {
    /** How long summaries are shown; undefined: for ever. What was accepted is kept anyway. */
    readonly keepMs?: number;
    /** In PostgreSQL instead of `history.sqlite`. */
    readonly postgres?: {
      /** Name or address, or the directory of a Unix socket. */
      readonly host: string;
      readonly port: number;
      readonly database: string;
      readonly user: string;
      /** Made, and the tables in it, where it is missing. */
      readonly schema: string;
      /** Holds the password, for its owner alone; else it is TIELINE_POSTGRES_PASSWORD. */
      readonly passwordFile?: string;
      /** For any but this machine's own. `ca`: PEM; else the authorities that Node knows. */
      readonly tls?: { readonly ca?: string };
    };
  };
  readonly http: {
    /** Any but this machine's own needs `tls` or `proxies`, and tokens. */
    readonly host: string;
    /** 0 takes any that is free. */
    readonly port: number;
    /**
     * Files in PEM: the certificate with its chain, and its key, readable by its owner alone; and the
     * authority of the certificates that callers may show instead of a token.
     */
    readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
    /** IP addresses of the proxies that stand in front, with TLS of their own. */
    readonly proxies?: readonly string[];
  };
  /** Are asked to co-sign the checkpoints of the log. */
  readonly witnesses: readonly {
    /** `add-checkpoint` stands below it. */
    readonly url: string;
    /** C2SP verifier key, as `tieline witness` prints it. */
    readonly key: string;
  }[];
};

const dayMs = 86_400_000;

const historySchema = {
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    keepDays: { type: 'integer', minimum: 1, maximum: 36_500 },
    postgres: {
      type: 'object',
      additionalProperties: false,
      required: ['host'],
      properties: {
        host: { type: 'string', minLength: 1 },
        port: { type: 'integer', minimum: 1, maximum: 65535, default: 5432 },
        database: { type: 'string', minLength: 1, maxLength: 63, default: 'tieline' },
        user: { type: 'string', minLength: 1, maxLength: 63, default: 'tieline' },
        schema: {
          type: 'string',
          pattern: '^[a-z_][a-z0-9_]{0,47}$',
          default: 'tieline',
          description: 'small letters, digits and _',
        },
        passwordFile: { type: 'string', minLength: 1 },
        tls: {
          type: 'object',
          additionalProperties: false,
          properties: { ca: { type: 'string', minLength: 1 } },
        },
      },
    },
  },
};

export const dispatchConfigSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['data', 'mqtt'],
  properties: {
    data: { type: 'string', minLength: 1 },
    mqtt: {
      type: 'object',
      additionalProperties: false,
      required: ['url'],
      properties: {
        url: brokerAddresses,
        clientId: { type: 'string', minLength: 1, maxLength: 64, default: 'tieline-dispatch' },
        group: {
          type: 'string',
          pattern: '^[^/+#]{1,64}$',
          default: 'tieline-dispatch',
          description: 'a name without /, + and #',
        },
        ca: { type: 'string', minLength: 1 },
        cert: { type: 'string', minLength: 1 },
        key: { type: 'string', minLength: 1 },
      },
    },
    consortium: {
      type: 'object',
      additionalProperties: false,
      properties: {
        engine: { type: 'string', minLength: 1, default: 'cometbft' },
        home: { type: 'string', minLength: 1, default: 'engine' },
      },
    },
    history: historySchema,
    http: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'integer', minimum: 0, maximum: 65535, default: 8080 },
        tls: {
          type: 'object',
          additionalProperties: false,
          required: ['cert', 'key'],
          properties: {
            cert: { type: 'string', minLength: 1 },
            key: { type: 'string', minLength: 1 },
            ca: { type: 'string', minLength: 1 },
          },
        },
        proxies: { type: 'array', minItems: 1, maxItems: 16, items: { type: 'string' } },
      },
    },
    witnesses: {
      type: 'array',
      maxItems: limits.witnessesMax,
      default: [],
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['url', 'key'],
        properties: {
          url: { type: 'string', pattern: '^https?://', description: 'an http or https URL' },
          key: { type: 'string', minLength: 1 },
        },
      },
    },
  },
};

/** As it stands in the file. */
type WrittenConfig = Omit<DispatchConfig, 'history'> & {
  readonly history: Omit<DispatchConfig['history'], 'keepMs'> & { readonly keepDays?: number };
};

/** @throws TielineError `config`, with every problem and its place. */
export function loadDispatchConfig(path: string): DispatchConfig {
  const config = loadConfig<WrittenConfig>({
    path,
    schema: dispatchConfigSchema,
    check: ({ http, history, witnesses }) => [
      ...historyProblems(history.postgres),
      ...witnesses.flatMap(({ key }, i) => {
        const parsed = witnessKey(key);
        const path = ['witnesses', i, 'key'];
        return parsed.ok ? [] : [{ path, message: parsed.detail }];
      }),
      ...(isLoopback(http.host) || http.tls !== undefined || http.proxies !== undefined
        ? []
        : [
            {
              path: ['http', 'host'],
              message: 'tokens and readings would cross the network in the clear',
              hint: 'add `tls: {cert, key}`, name the `proxies` in front, or write 127.0.0.1',
            },
          ]),
      ...(http.proxies ?? []).flatMap((address, i) =>
        isIP(address) !== 0 ? [] : [{ path: ['http', 'proxies', i], message: 'not an IP address' }],
      ),
    ],
  });
  const at = (file: string) => resolve(dirname(path), file);
  const { tls } = config.http;
  const { consortium } = config;
  return {
    ...config,
    data: at(config.data),
    ...(consortium && { consortium: locatedConsortium(consortium, at) }),
    history: historyOf(config.history, at),
    mqtt: { ...config.mqtt, ...tlsPaths(config.mqtt, at) },
    http:
      tls === undefined
        ? config.http
        : {
            ...config.http,
            tls: {
              cert: at(tls.cert),
              key: at(tls.key),
              ...(tls.ca === undefined ? {} : { ca: at(tls.ca) }),
            },
          },
  };
}

/** A bare name is looked for, anything else is a path. */
function locatedConsortium(
  { engine, home }: NonNullable<DispatchConfig['consortium']>,
  at: (file: string) => string,
): NonNullable<DispatchConfig['consortium']> {
  return { engine: engine.includes('/') ? at(engine) : engine, home: at(home) };
}

function historyProblems(postgres: DispatchConfig['history']['postgres']) {
  if (postgres === undefined || postgres.tls !== undefined) return [];
  if (postgres.host.startsWith('/') || isLoopback(postgres.host)) return [];
  return [
    {
      path: ['history', 'postgres', 'host'],
      message: 'the password and all values would cross the network in the clear',
      hint: 'add `tls: {ca: FILE}`, or `tls: {}` for an authority that is known everywhere',
    },
  ];
}

function historyOf(
  { keepDays, postgres }: WrittenConfig['history'],
  at: (file: string) => string,
): DispatchConfig['history'] {
  const keep = keepDays === undefined ? {} : { keepMs: keepDays * dayMs };
  if (postgres === undefined) return keep;
  const { passwordFile, tls, ...rest } = postgres;
  return {
    ...keep,
    postgres: {
      ...rest,
      ...(passwordFile === undefined ? {} : { passwordFile: at(passwordFile) }),
      ...(tls === undefined ? {} : { tls: tls.ca === undefined ? {} : { ca: at(tls.ca) } }),
    },
  };
}

/** The key that a witness is known by. */
export function witnessKey(text: string): Result<NoteKey, 'verifier-text'> {
  const parsed = parseVerifierText(nodeSuite, text);
  if (!parsed.ok || parsed.value.type === cosignerKeyType) return parsed;
  return refuse('verifier-text', 'not the key of a witness, which is of type 04');
}
