// SPDX-License-Identifier: Apache-2.0
// Asks a server over HTTP that need not be honest: an answer ends within a stated time and size, and
// is never followed elsewhere. Certificates are checked against what Node knows, or against one
// authority alone.

import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { concat } from '../base/bytes.ts';
import { messageOf, TielineError } from '../base/errors.ts';

export type HttpAnswer = {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
};

export type HttpClientOptions = {
  /** `https://centre.example:8080`. */
  readonly url: string;
  readonly token: string | undefined;
  /** PEM: the only authority that counts; undefined: those that Node knows. */
  readonly ca: Uint8Array | undefined;
  /** For the whole of an answer. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
};

/**
 * @param path with its query, from the root of the server.
 * @throws TielineError `api-unreachable` (transient), `api-answer` for one that is too large or slow.
 */
export function httpGet(options: HttpClientOptions, path: string): Promise<HttpAnswer> {
  const { url, token, ca, timeoutMs, bytesMax } = options;
  const target = new URL(path, url);
  const request = target.protocol === 'https:' ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const outgoing = request(target, {
      headers: {
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
    });
    const end = (error: Error) => {
      clearTimeout(timer);
      outgoing.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => end(badAnswer(target, `no whole answer within ${timeoutMs} ms`, 'transient')),
      timeoutMs,
    );
    outgoing.on('error', (cause) => end(unreachable(target, cause)));
    outgoing.on('response', (incoming) => {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Uint8Array) => {
        bytes += chunk.length;
        if (bytes > bytesMax) {
          end(badAnswer(target, `an answer of more than ${bytesMax} bytes`, 'permanent'));
        } else chunks.push(chunk);
      });
      incoming.on('error', (cause) => end(unreachable(target, cause)));
      incoming.on('end', () => {
        clearTimeout(timer);
        resolve({
          status: incoming.statusCode ?? 0,
          retryAfter: incoming.headers['retry-after'],
          body: concat(...chunks),
        });
      });
    });
    outgoing.end();
  });
}

function unreachable(target: URL, cause: unknown): TielineError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const hint = /CERT|SSL|TLS|ALTNAME/.test(code)
    ? 'name the authority of its certificate with --ca'
    : 'start the centre (`tieline dispatch`), or name its address';
  const said = messageOf(cause) || code;
  return new TielineError('api-unreachable', `${target.origin} does not answer: ${said}`, {
    retry: 'transient',
    hint,
    cause,
  });
}

function badAnswer(target: URL, said: string, retry: 'transient' | 'permanent'): TielineError {
  return new TielineError('api-answer', `${target.origin}${target.pathname}: ${said}`, { retry });
}
