// SPDX-License-Identifier: Apache-2.0
// Load profiles: what each register counted and read on average, interval by interval, from the rows
// that usage is added up from. However long they are, one page of rows is in memory.

import { Usage, type UsageResult } from '../../contracts/usage.ts';
import { WindowOrder } from '../../contracts/window-order.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import type { HistoryRow } from '../history/history-row.ts';
import type { Register } from '../history/history-store.ts';
import type { ApiRoute } from './access.ts';
import { json, named, problemAnswer } from './answer-schema.ts';
import type { Span } from './calendar.ts';
import { allRows, requireGoing } from './history-pages.ts';
import { preferred } from './negotiate.ts';
import { profileFile, profileHeaders } from './profile-file.ts';
import { textOf } from './request.ts';
import type { Caller } from './rights.ts';
import type { SummaryRoutesOptions } from './summaries.ts';
import { type Meter, profileQuery, readUsageQuery, type UsageAsked } from './usage-query.ts';
import { windowOf } from './usage-window.ts';

/** A profile piece by piece: each register, its intervals in order, what they come to. */
export type ProfilePart =
  | (Register & { readonly kind: 'register'; readonly chainId: Uint8Array; readonly unit: string })
  | { readonly kind: 'interval'; readonly row: HistoryRow; readonly again: boolean }
  | ({ readonly kind: 'absent' } & Span)
  | { readonly kind: 'end'; readonly result: UsageResult };

export type ProfileFormat = 'json' | 'csv';

const types: Readonly<Record<string, ProfileFormat>> = {
  'application/json': 'json',
  'text/csv': 'csv',
};

export function profileRoutes(options: SummaryRoutesOptions): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/profile',
      operation: 'getProfile',
      right: 'chains',
      streams: true,
      description:
        'Load profiles: intervals of a device, of a chain, or of all the token may read.',
      querySchema: profileQuery,
      answers: {
        200: {
          description: 'All of it, without pages.',
          content: {
            ...json('', named('Profile')).content,
            'text/csv': { type: 'string' },
          },
        },
        404: problemAnswer('No summary of it is here.'),
        406: problemAnswer('`Accept` names no form that there is.'),
        422: problemAnswer('Devices of this name are on too many chains.'),
      },
      handler: (request, caller) => profile(options, request, caller),
    },
  ];
}

async function profile(
  options: SummaryRoutesOptions,
  request: HttpRequest,
  caller: Caller,
): Promise<HttpResponse> {
  const asked = await readUsageQuery(options.history, request, { caller, wholeChains: true });
  if ('status' in asked) return asked;
  const format = formatOf(request);
  if (format === undefined) return problem(406, 'there is application/json and text/csv');
  const parts = partsOf(options, { ...asked, ending: request.ending })[Symbol.asyncIterator]();
  const first = await parts.next();
  if (first.done === true) return problem(404, 'no summary of it is here');
  return {
    status: 200,
    headers: { ...profileHeaders[format], vary: 'authorization, accept' },
    body: profileFile(format, { ...asked, parts: startingWith(first.value, parts) }),
  };
}

function formatOf({ query, headers }: HttpRequest): ProfileFormat | undefined {
  const { format } = query;
  if (format === 'json' || format === 'csv') return format;
  const type = preferred(textOf(headers, 'accept'), Object.keys(types));
  return type === undefined ? undefined : types[type];
}

async function* startingWith<T>(first: T, rest: AsyncIterator<T>): AsyncIterable<T> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    yield next.value;
  }
}

type Asked = UsageAsked & { readonly ending: AbortSignal };

async function* partsOf(options: SummaryRoutesOptions, asked: Asked): AsyncIterable<ProfilePart> {
  for (const meter of asked.meters) {
    for await (const register of options.history.registers(meter)) {
      requireGoing(asked.ending);
      if (asked.obis !== undefined && asked.obis !== register.obis) continue;
      yield* registerParts(options, asked, { ...meter, ...register });
    }
  }
}

/** Nothing where it has no summary in that time. */
async function* registerParts(
  { history }: SummaryRoutesOptions,
  { span, ending }: Asked,
  { chainId, device, obis }: Meter & Register,
): AsyncIterable<ProfilePart> {
  const usage = new Usage(span);
  const order = new WindowOrder(span);
  const devices = new Set([device]);
  const rows = { chainId, ...span, devices, obis, allRevisions: false, ending };
  for await (const row of allRows(history, rows)) {
    const { unit } = row;
    if (order.windowMs === 0) yield { kind: 'register', chainId, device, obis, unit };
    const { again, absent } = order.next(row);
    usage.add(windowOf(row));
    if (absent !== undefined) yield { kind: 'absent', ...absent };
    yield { kind: 'interval', row, again };
  }
  if (order.windowMs === 0) return;
  const rest = order.rest();
  if (rest !== undefined) yield { kind: 'absent', ...rest };
  yield { kind: 'end', result: usage.result() };
}
