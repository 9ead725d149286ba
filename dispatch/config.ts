// SPDX-License-Identifier: Apache-2.0
// Configuration of the centre: what each setting means, its default, and what is refused. Paths are
// relative to the file.

import { dirname, resolve } from 'node:path';
import { loadConfig } from '../host/config.ts';
import { tlsPaths } from '../host/tls-files.ts';

export type DispatchConfig = {
  /** Directory of `ledger.sqlite`, `history.sqlite` and the key of the main log. */
  readonly data: string;
  readonly mqtt: {
    /** `mqtt://host:1883`, or `mqtts://host:8883` with TLS. */
    readonly url: string;
    readonly clientId: string;
    /** Nodes of one group share what comes up, where the broker can do that. */
    readonly group: string;
    /** PEM files: the broker's authority, and the certificate and key that it gave this node. */
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
  };
  readonly http: {
    /** This machine's own address alone, as long as there is no access control. */
    readonly host: string;
    /** 0 takes any that is free. */
    readonly port: number;
  };
};

const loopbackHosts = ['127.0.0.1', '::1', 'localhost'];

const schema = {
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
        url: { type: 'string', minLength: 1 },
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
    http: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'integer', minimum: 0, maximum: 65535, default: 8080 },
      },
    },
  },
};

/** @throws TielineError `config`, with every problem and its place. */
export function loadDispatchConfig(path: string): DispatchConfig {
  const config = loadConfig<DispatchConfig>({
    path,
    schema,
    check: ({ http }) =>
      loopbackHosts.includes(http.host)
        ? []
        : [
            {
              path: ['http', 'host'],
              message: 'the API has no access control yet and is served to this machine alone',
              hint: 'write 127.0.0.1, and put a proxy that asks who is there in front of it',
            },
          ],
  });
  const at = (file: string) => resolve(dirname(path), file);
  return {
    ...config,
    data: at(config.data),
    mqtt: { ...config.mqtt, ...tlsPaths(config.mqtt, at) },
  };
}
