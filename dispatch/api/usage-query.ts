// SPDX-License-Identifier: Apache-2.0
// What is asked for when usage is asked for: a device, a stretch of time, and by whom; and the
// chains on which that device is, as far as he may read them.

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

export const usageQuery = {
  type: 'object',
  additionalProperties: false,
  required: ['device'],
  properties: {
    device: { type: 'string', minLength: 1, maxLength: 128 },
    month: { type: 'string', description: 'as 2026-03, by the clock of `zone`' },
    zone: { type: 'string', default: 'UTC', description: 'IANA name, such as Europe/Berlin' },
    from: { type: 'string', description: 'instead of a month; ISO 8601 or milliseconds' },
    to: { type: 'string', description: 'windows that start before it' },
    chain: { type: 'string', pattern: '^[0-9a-fA-F]{64}$', description: 'where several have it' },
    obis: { type: 'string', minLength: 1, maxLength: 24, description: 'one register alone' },
  },
} as const;

export type UsageAsked = {
  readonly device: string;
  readonly span: Span;
  readonly month: string | undefined;
  readonly zone: string;
  readonly obis: string | undefined;
  readonly chains: readonly Uint8Array[];
};

const dayMs = 86_400_000;

export async function readUsageQuery(
  history: History,
  { query }: HttpRequest,
  caller: Caller,
): Promise<UsageAsked | HttpResponse> {
  const device = textOf(query, 'device') ?? '';
  if (!mayReadDevice(caller, device)) {
    return forbidden(`the token \`${caller.name}\` is for other devices than this one`);
  }
  const month = textOf(query, 'month');
  const zone = textOf(query, 'zone') ?? 'UTC';
  const span = month === undefined ? spanOf(query) : monthIn(month, zone);
  if (!span.ok) return problem(400, `query ${span.code}: ${span.detail}`);
  if (month !== undefined && (query.from !== undefined || query.to !== undefined)) {
    return problem(400, 'query month: either a month, or from and to');
  }
  const chain = textOf(query, 'chain')?.toLowerCase();
  if (chain !== undefined && !mayReadChain(caller, chain)) {
    return forbidden(`the token \`${caller.name}\` is for other chains than this one`);
  }
  const asked = fromHex(chain ?? '');
  const chains =
    chain === undefined || asked === undefined
      ? await chainsWith(history, device, caller)
      : [asked];
  if (chains.length > limits.usageChainsMax) {
    return problem(422, 'devices of this name are on many chains: name one with `chain`');
  }
  return { device, span: span.value, month, zone, obis: textOf(query, 'obis'), chains };
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
