// SPDX-License-Identifier: Apache-2.0
// Asks a gateway that runs on this machine, over its local API.

import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { GatewayConfig } from './config.ts';
import type { ManualEntries } from './manual-route.ts';
import type { NextKey } from './next-key.ts';
import type { Reloaded } from './reload.ts';
import type { GatewayStatus } from './status.ts';
import type { SubmitOutcome } from './submit-entry.ts';
import type { ShownValues } from './values.ts';

const timeoutMs = 5_000;

type Place = Pick<GatewayConfig, 'http'>;

/** @throws TielineError `gateway-api`, with what to check. */
export async function askStatus(place: Place): Promise<GatewayStatus> {
  return (await ask(place, '/api/v1/status')) as GatewayStatus;
}

/** @throws TielineError `gateway-api`, with what to check. */
export async function askValues(place: Place): Promise<ShownValues> {
  return (await ask(place, '/api/v1/values')) as ShownValues;
}

/** @throws TielineError `gateway-api`, also where the gateway finds a mistake in its configuration. */
export async function askReload(place: Place): Promise<Reloaded> {
  return (await ask(place, '/api/v1/reload', { method: 'POST' })) as Reloaded;
}

/** Has the gateway make its next key. @throws TielineError `gateway-api`, with what to check. */
export async function askNextKey(place: Place): Promise<NextKey> {
  return (await ask(place, '/api/v1/next-key', { method: 'POST' })) as NextKey;
}

/**
 * Hands a signed change of the members in; `entry` in hex.
 * @throws TielineError `gateway-api`, with what the gateway says against it.
 */
export function postMembership(place: Place, entry: string): Promise<SubmitOutcome> {
  return postEntry(place, '/api/v1/membership', entry);
}

/** What was entered by hand, and where each person's numbers stand. @throws TielineError `gateway-api` */
export async function askManualEntries(place: Place): Promise<ManualEntries> {
  return (await ask(place, '/api/v1/manual-entries')) as ManualEntries;
}

/** Hands a signed manual entry in; `entry` in hex. @throws TielineError `gateway-api` */
export function postManualEntry(place: Place, entry: string): Promise<SubmitOutcome> {
  return postEntry(place, '/api/v1/manual-entries', entry);
}

async function postEntry(place: Place, path: string, entry: string): Promise<SubmitOutcome> {
  const outcome = await ask(place, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ entry }),
    signal: AbortSignal.timeout(limits.httpRequestTimeoutMs),
  });
  return outcome as SubmitOutcome;
}

async function ask({ http }: Place, path: string, request: RequestInit = {}): Promise<unknown> {
  const url = `http://127.0.0.1:${http.port}${path}`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), ...request });
    if (!response.ok) throw await refusal(url, response);
    return await response.json();
  } catch (cause) {
    if (cause instanceof TielineError) throw cause;
    throw new TielineError('gateway-api', `no gateway answers at ${url}`, {
      retry: 'transient',
      hint: 'is it running, with this configuration? `systemctl status tieline`, or `tieline run`',
      cause,
    });
  }
}

/** What a problem document says, where there is one. */
async function refusal(url: string, response: Response): Promise<TielineError> {
  const said = (await response.json().catch(() => ({}))) as Readonly<Record<string, unknown>>;
  const { detail, hint } = said;
  const text = typeof detail === 'string' ? detail : `${url} answers ${response.status}`;
  return new TielineError('gateway-api', text, {
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(response.status === 503 ? { retry: 'transient' } : {}),
  });
}
