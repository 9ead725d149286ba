// SPDX-License-Identifier: Apache-2.0
// Billing evidence: what the registers of a device counted in a month, and one file with the proofs
// of every window of it. The total is read from the history; the proofs come from the ledger, and
// whoever verifies them adds up himself.

import { toHex } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { Usage } from '../../contracts/usage.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import { encodeSetBundle, encodeSetEnd, encodeSetStart } from '../../sidechain/chain/bundle-set.ts';
import type { StoredChain } from '../store/ledger-store.ts';
import type { ApiRoute } from './access.ts';
import { file, json, named, problemAnswer } from './answer-schema.ts';
import type { Span } from './calendar.ts';
import { allRows } from './history-pages.ts';
import type { Caller } from './rights.ts';
import type { SummaryRoutesOptions } from './summaries.ts';
import { proveSummary } from './summary-proof.ts';
import { formatTime } from './time-query.ts';
import {
  type Meter,
  readUsageQuery,
  type UsageAsked,
  usageProofQuery,
  usageQuery,
} from './usage-query.ts';
import { type RegisterUsage, usageView } from './usage-view.ts';
import { windowOf } from './usage-window.ts';

const many = problemAnswer(
  'Devices of this name are on several chains, or it is too much at once.',
);
const none = problemAnswer('No summary of this device is here.');

export function usageRoutes(options: SummaryRoutesOptions): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/usage',
      operation: 'getUsage',
      right: 'chains',
      keeping: 'ask-again',
      description:
        'What the registers of a device, or of all devices that the token names, counted in a month.',
      querySchema: usageQuery,
      answers: { 200: json('The usage.', named('Usage')), 404: none, 422: many },
      handler: (request, caller) => usage(options, request, caller),
    },
    {
      method: 'GET',
      path: '/api/v1/usage/proof',
      operation: 'getUsageProof',
      right: 'chains',
      streams: true,
      description: 'The proofs of all windows of one register in one file, for `tieline verify`.',
      querySchema: usageProofQuery,
      answers: {
        200: file('The proof bundles, a CBOR sequence.', 'application/cbor-seq'),
        404: none,
        422: many,
      },
      handler: (request, caller) => usageProof(options, request, caller),
    },
  ];
}

async function usage(
  options: SummaryRoutesOptions,
  request: HttpRequest,
  caller: Caller,
): Promise<HttpResponse> {
  const asked = await readUsageQuery(options.history, request, { caller });
  if ('status' in asked) return asked;
  const registers: RegisterUsage[] = [];
  for (const meter of asked.meters) {
    const found = await registersOf(options, asked, { ...meter, ending: request.ending });
    if (found === undefined) {
      return problem(
        422,
        `more than ${limits.usageRegistersMax} registers: name one with \`obis\``,
      );
    }
    registers.push(...found);
  }
  if (registers.length === 0) return nothing;
  const { device = null, span, month = null, zone } = asked;
  return {
    status: 200,
    body: {
      device,
      month,
      zone,
      from: formatTime(span.fromMs),
      to: formatTime(span.toMs),
      registers: registers.map((register) => usageView(register, span)),
    },
  };
}

type Adding = { readonly unit: string; readonly usage: Usage; counts: boolean; windowMs: number };

/** undefined where there are more than may be: none is left out of a bill in silence. */
async function registersOf(
  options: SummaryRoutesOptions,
  asked: UsageAsked,
  { ending, ...meter }: Meter & { readonly ending: AbortSignal },
): Promise<readonly RegisterUsage[] | undefined> {
  const { span } = asked;
  const adding = new Map<string, Adding>();
  const rows = allRows(options.history, { ...rowsOf(asked, meter, span), ending });
  for await (const row of rows) {
    const known = adding.get(row.obis);
    if (known === undefined && adding.size >= limits.usageRegistersMax) return undefined;
    const register = known ?? {
      unit: row.unit,
      usage: new Usage(span),
      counts: isCounter(row.unit),
      windowMs: row.windowMs,
    };
    adding.set(row.obis, register);
    register.usage.add(windowOf(row));
    if (row.delta !== null) register.counts = true;
  }
  const { chainId, device = '' } = meter;
  const found: RegisterUsage[] = [];
  for (const [obis, { unit, usage: added, counts, windowMs }] of adding) {
    if (!counts) continue;
    const opening = await openingOf(options, { ...asked, obis }, { ...meter, windowMs });
    found.push({ chainId, device, obis, unit, result: added.result(), opening });
  }
  return found;
}

function isCounter(unit: string): boolean {
  return /^(k|M)?(Wh|varh|VAh)$/.test(unit);
}

/** The last reading of the window that ends where the stretch begins. */
async function openingOf(
  { history }: SummaryRoutesOptions,
  asked: UsageAsked,
  { windowMs, ...meter }: Meter & { readonly windowMs: number },
): Promise<RegisterUsage['opening']> {
  const { fromMs } = asked.span;
  const before = { fromMs: Math.max(0, fromMs - windowMs), toMs: fromMs };
  const rows = await history.query({
    ...rowsOf(asked, meter, before),
    after: undefined,
    countMax: 2,
  });
  const row = rows.at(-1);
  const value = row === undefined ? null : (windowOf(row).last ?? null);
  if (row === undefined || value === null) return null;
  return { value, windowEndMs: row.startMs + row.windowMs };
}

function rowsOf(
  { obis }: Pick<UsageAsked, 'obis'>,
  { chainId, device = '' }: Meter,
  { fromMs, toMs }: Span,
) {
  return { chainId, fromMs, toMs, devices: new Set([device]), obis, allRevisions: false };
}

const defaultObis = '1-0:1.8.0*255';

async function usageProof(
  options: SummaryRoutesOptions,
  request: HttpRequest,
  caller: Caller,
): Promise<HttpResponse> {
  const asked = await readUsageQuery(options.history, request, { caller });
  if ('status' in asked) return asked;
  const [meter, ...others] = asked.meters;
  if (meter === undefined) return nothing;
  if (others.length > 0) {
    return problem(422, 'devices of this name are on several chains: name one with `chain`');
  }
  const { obis = defaultObis, span } = asked;
  const { chainId, device = '' } = meter;
  const rows = rowsOf({ obis }, meter, span);
  const [first] = await options.history.query({ ...rows, after: undefined, countMax: 1 });
  const chain = await options.ledger.chain(options.suite, chainId);
  if (first === undefined || chain === undefined) return nothing;
  if ((span.toMs - first.startMs) / first.windowMs > limits.bundleSetCountMax) {
    return problem(422, `more than ${limits.bundleSetCountMax} proofs: ask for a shorter time`);
  }
  const name = `usage-${toHex(chainId).slice(0, 8)}-${asked.month ?? span.fromMs}.tieline`;
  return {
    status: 200,
    headers: {
      'content-type': 'application/cbor-seq',
      'content-disposition': `attachment; filename="${name}"`,
    },
    body: proofs(options, chain, { rows, cover: { chainId, device, obis, ...span }, request }),
  };
}

async function* proofs(
  options: SummaryRoutesOptions,
  chain: StoredChain,
  set: {
    readonly rows: ReturnType<typeof rowsOf>;
    readonly cover: Parameters<typeof encodeSetStart>[0];
    readonly request: HttpRequest;
  },
): AsyncIterable<Uint8Array> {
  yield encodeSetStart(set.cover);
  let count = 0;
  const { chainId } = set.cover;
  for await (const { height, outputIndex } of allRows(options.history, {
    ...set.rows,
    ending: set.request.ending,
  })) {
    const bundle = await proveSummary(options, chain, { chainId, height, outputIndex });
    if (bundle === undefined) {
      const row = `block ${height}, output ${outputIndex}`;
      throw new TielineError(
        'history-altered',
        `the ledger does not have what the history shows: ${row}`,
        {
          hint: 'somebody has changed the history: run `tieline dispatch rebuild`',
        },
      );
    }
    count += 1;
    yield encodeSetBundle(bundle);
  }
  yield encodeSetEnd(count);
}

const nothing = problem(404, 'no summary of this device is here');
