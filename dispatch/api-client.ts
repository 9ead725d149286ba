// SPDX-License-Identifier: Apache-2.0
// Asks the API of a centre, for the commands of those who work with it.

import { messageOf, TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';

export type ApiPlace = {
  /** `http://127.0.0.1:8080`. */
  readonly apiUrl: string;
  readonly token?: string | undefined;
};

export type ApiAnswer = { readonly status: number; readonly body: unknown };

/** @throws TielineError `api-unreachable` (transient) */
export async function askApi(
  place: ApiPlace,
  path: string,
  options: { readonly post?: object } = {},
): Promise<ApiAnswer> {
  return ask(place, path, options, async (response) => ({
    status: response.status,
    body: await response.json().catch(() => undefined),
  }));
}

/** A file; undefined where it is not there. @throws TielineError as `askApi` does */
export async function askApiBytes(place: ApiPlace, path: string): Promise<Uint8Array | undefined> {
  return ask(place, path, {}, async (response) =>
    response.status === 200 ? new Uint8Array(await response.arrayBuffer()) : undefined,
  );
}

async function ask<T>(
  { apiUrl, token }: ApiPlace,
  path: string,
  { post }: { readonly post?: object },
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const url = new URL(path, apiUrl);
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const response = await patiently(() =>
      fetch(url, {
        ...(post === undefined ? {} : { method: 'POST', body: JSON.stringify(post) }),
        headers: {
          ...(post === undefined ? {} : { 'content-type': 'application/json' }),
          ...authorization,
        },
        // A consortium may take a while to decide, and says why where it cannot.
        signal: AbortSignal.timeout(
          limits.connectTimeoutMs + (post === undefined ? 0 : limits.consensusWaitMs),
        ),
      }),
    );
    return await read(response);
  } catch (cause) {
    throw new TielineError(
      'api-unreachable',
      `${url.origin} does not answer: ${messageOf(cause)}`,
      {
        retry: 'transient',
        hint: 'start the centre (`tieline dispatch`), or name its address with --api',
        cause,
      },
    );
  }
}

/** Who asks much is told to wait (429), and does. */
async function patiently(attempt: () => Promise<Response>): Promise<Response> {
  for (let attempts = 1; ; attempts++) {
    const response = await attempt();
    if (response.status !== 429 || attempts === tooManyAttemptsMax) return response;
    await response.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

const tooManyAttemptsMax = 10;

/** What a problem document says, or the status alone. */
export function detailOf({ status, body }: ApiAnswer): string {
  return textIn(body, 'detail') ?? `HTTP status ${status}`;
}

export function textIn(body: unknown, name: string): string | undefined {
  const value = valueIn(body, name);
  return typeof value === 'string' ? value : undefined;
}

export function valueIn(body: unknown, name: string): unknown {
  if (typeof body !== 'object' || body === null) return undefined;
  return (body as Readonly<Record<string, unknown>>)[name];
}
