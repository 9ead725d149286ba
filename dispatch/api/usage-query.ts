// SPDX-License-Identifier: Apache-2.0
// What is asked for when usage or a load profile is asked for: a stretch of time, and the meters that
// the caller may read: a device on whichever chain it is, or the devices that his token names.

import { fromHex } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import type { History } from '../history/history.ts';
import { forbidden } from './access.ts';
import { monthIn, type Span } from './calendar.ts';
import { chainsWithDevice } from './device-chains.ts';
import { textOf } from './request.ts';
import { type Caller, mayReadChain, mayReadDevice } from './rights.ts';
import { parseTime } from './time-query.ts';

const properties = {
  device: {
    type: 'string',
    minLength: 1,
    maxLength: 128,
    description: 'else all devices that the token names',
  },
  month: { type: 'string', description: 'as 2026-03, by the clock of `zone`' },
  zone: { type: 'string', default: 'UTC', description: 'IANA name, such as Europe/Berlin' },
  from: { type: 'string', description: 'instead of a month; ISO 8601 or milliseconds' },
  to: { type: 'string', description: 'windows that start before it' },
  chain: { type: 'string', pattern: '^[0-9a-fA-F]{64}$', description: 'where several have it' },
  obis: { type: 'string', minLength: 1, maxLength: 24, description: 'one register alone' },
} as const;

export const usageQuery = { type: 'object', additionalProperties: false, properties } as const;

export const usageProofQuery = {
  ...usageQuery,
  required: ['device'],
  properties: { ...properties, device: { type: 'string', minLength: 1, maxLength: 128 } },
} as const;

export const profileQuery = {
  ...usageQuery,
  properties: {
    ...properties,
    device: { ...properties.device, description: 'else all of `chain`, or of the token' },
    chain: { ...properties.chain, description: 'that chain alone' },
    format: { enum: ['json', 'csv'], description: 'instead of `Accept`' },
  },
} as const;

/** A device on a chain; all devices of the chain where none is named. */
export type Meter = { readonly chainId: Uint8Array; readonly device: string | undefined };

export type UsageAsked = {
  readonly device: string | undefined;
  readonly span: Span;
  readonly month: string | undefined;
  readonly zone: string;
  readonly obis: string | undefined;
  /** Each in the order of the chains' ids. */
  readonly meters: readonly Meter[];
};

const dayMs = 86_400_000;

/** `wholeChains`: chains may be asked for without naming a device. */
export async function readUsageQuery(
  history: History,
  { query }: HttpRequest,
  asks: { readonly caller: Caller; readonly wholeChains?: boolean },
): Promise<UsageAsked | HttpResponse> {
  const { caller } = asks;
  const [device, month] = [textOf(query, 'device'), textOf(query, 'month')];
  const zone = textOf(query, 'zone') ?? 'UTC';
  const span = month === undefined ? spanOf(query) : monthIn(month, zone);
  if (!span.ok) return problem(400, `query ${span.code}: ${span.detail}`);
  if (month !== undefined && (query.from !== undefined || query.to !== undefined)) {
    return problem(400, 'query month: either a month, or from and to');
  }
  if (device !== undefined && !mayReadDevice(caller, device)) {
    return forbidden(`the token \`${caller.name}\` is for other devices than this one`);
  }
  const chain = textOf(query, 'chain')?.toLowerCase();
  if (chain !== undefined && !mayReadChain(caller, chain)) {
    return forbidden(`the token \`${caller.name}\` is for other chains than this one`);
  }
  const chainId = chain === undefined ? undefined : fromHex(chain);
  const meters = await metersOf(history, { ...asks, device, chainId });
  if ('status' in meters) return meters;
  return { device, span: span.value, month, zone, obis: textOf(query, 'obis'), meters };
}

function spanOf(query: HttpRequest['query']): Result<Span, string> {
  const [fromText, toText] = [textOf(query, 'from'), textOf(query, 'to')];
  if (fromText === undefined || toText === undefined) {
    return refuse('month', 'name a month, or both from and to');
  }
  const from = parseTime(fromText);
  if (!from.ok) return refuse('from', from.detail);
  const to = parseTime(toText);
  if (!to.ok) return refuse('to', to.detail);
  if (to.value <= from.value) return refuse('to', 'it lies behind `from`');
  if (to.value - from.value > limits.usageDaysMax * dayMs) {
    return refuse('to', `at most ${limits.usageDaysMax} days at once`);
  }
  return accept({ fromMs: from.value, toMs: to.value });
}

type MetersAsked = {
  readonly caller: Caller;
  readonly wholeChains?: boolean;
  readonly device: string | undefined;
  readonly chainId: Uint8Array | undefined;
};

async function metersOf(
  history: History,
  asked: MetersAsked,
): Promise<readonly Meter[] | HttpResponse> {
  const { caller, device, chainId, wholeChains = false } = asked;
  const names = device === undefined ? caller.devices : new Set([device]);
  if (names === 'all') return wholeChains ? wholeChainsOf(asked) : problem(400, nameOne);
  const meters: Meter[] = [];
  for (const name of names) {
    const chains = chainId === undefined ? await chainsWith(history, name, caller) : [chainId];
    if (chains.length > limits.usageChainsMax) {
      return problem(422, 'devices of this name are on many chains: name one with `chain`');
    }
    meters.push(...chains.map((one) => ({ chainId: one, device: name })));
  }
  return meters.length > limits.usageMetersMax
    ? problem(422, `more than ${limits.usageMetersMax} devices: name one with \`device\``)
    : meters;
}

const nameOne = 'query device: name one, for the token names none';

function wholeChainsOf({ caller, chainId }: MetersAsked): readonly Meter[] | HttpResponse {
  if (chainId !== undefined) return [{ chainId, device: undefined }];
  if (caller.chains === 'all') {
    return problem(400, 'query device: name one, or a chain, for the token names neither');
  }
  const ids = [...caller.chains].sort().map((id) => fromHex(id));
  return ids.flatMap((id) => (id === undefined ? [] : [{ chainId: id, device: undefined }]));
}

/** In the order of their ids; one more than may be, where there are more. */
async function chainsWith(
  history: History,
  device: string,
  caller: Caller,
): Promise<readonly Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const chainId of chainsWithDevice(history, device, { caller })) {
    found.push(chainId);
    if (found.length > limits.usageChainsMax) break;
  }
  return found;
}
