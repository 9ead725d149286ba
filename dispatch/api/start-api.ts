// SPDX-License-Identifier: Apache-2.0
// The API on its port: open to this machine as long as there are no tokens, to others with a token
// alone.

import { readFile } from 'node:fs/promises';
import { messageOf, TielineError } from '../../base/errors.ts';
import type { Clock } from '../../host/clock.ts';
import { readSecretFile } from '../../host/files.ts';
import {
  type Answered,
  type HttpPlace,
  type HttpServer,
  isLoopback,
  startHttp,
} from '../../host/http.ts';
import type { Log } from '../../host/log.ts';
import type { DispatchConfig } from '../config.ts';
import { Access, type ApiRoute } from './access.ts';
import { openApiRoute } from './openapi.ts';
import { TokenFile } from './token-file.ts';

/**
 * @throws TielineError `no-tokens` where others than this machine could ask and nobody has a token;
 * `listen`, `tls`, `file-mode`, `config`.
 */
export async function startApi(
  { http }: Pick<DispatchConfig, 'http'>,
  parts: {
    readonly routes: readonly ApiRoute[];
    readonly onAnswered?: (answered: Answered) => void;
    readonly tokensPath: string;
    readonly clock: Clock;
    readonly log: Log;
  },
): Promise<HttpServer> {
  const { routes, onAnswered, tokensPath, clock, log } = parts;
  const tokens = new TokenFile(tokensPath);
  const needsTokens = !isLoopback(http.host) || http.proxies !== undefined;
  const known = await tokens.current();
  if (needsTokens && known === undefined) {
    throw new TielineError('no-tokens', `nobody could use the API on ${http.host}: no token yet`, {
      hint: 'make one: `tieline dispatch token --config FILE --role ROLE --name NAME`',
    });
  }
  const access = new Access({ tokens, clock, needsTokens });
  const { host, port, proxies } = http;
  const place: HttpPlace = { host, port, proxies, tls: await readTls(http.tls) };
  return startHttp({
    ...place,
    routes: access.guard([...routes, openApiRoute(routes)]),
    log,
    onAnswered,
  });
}

async function readTls(tls: DispatchConfig['http']['tls']): Promise<HttpPlace['tls']> {
  if (tls === undefined) return undefined;
  const key = await readSecretFile(tls.key);
  const cert = await readPem(tls.cert, 'http.tls.cert names the certificate with its chain');
  if (tls.ca === undefined) return { cert, key };
  return { cert, key, ca: await readPem(tls.ca, 'http.tls.ca names the authority of callers') };
}

async function readPem(path: string, hint: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new TielineError('tls', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: `${hint}, in PEM`,
      cause,
    });
  }
}
