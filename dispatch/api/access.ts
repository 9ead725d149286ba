// SPDX-License-Identifier: Apache-2.0
// The door of the API: who asks, by the token or the certificate he shows, whether he may, and how
// often. It is asked before anything else of a request is looked at. Invariant: where tokens are
// asked for, a route that is not open is answered to nobody else.

import { toHex } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Clock } from '../../host/clock.ts';
import type { HttpRequest, Route } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import { Rate } from '../ingest/rate.ts';
import type { RouteAnswers } from './answer-schema.ts';
import { chainIdOf } from './request.ts';
import {
  type Caller,
  callerWith,
  localUser,
  mayReadChain,
  type Right,
  rolesWith,
  stranger,
} from './rights.ts';
import { hashToken, type TokenFile } from './token-file.ts';

/** A route, and what whoever asks it needs. */
export type ApiRoute = Omit<Route, 'admit' | 'handler'> & {
  /** `open`: answered to strangers, too. A route with `:id` asks for that chain besides. */
  readonly right: Right | 'open';
  /** Its name in the OpenAPI document. */
  readonly operation: string;
  /** Of a path that ends in `*`: how those look that it stands for, and what to add to its name. */
  readonly shapes?: readonly PathShape[];
  /** What it answers, by status, besides what the door and the shell answer for every route. */
  readonly answers: RouteAnswers;
  /** `again`: who the caller is by now, for what takes long; undefined where nobody any more. */
  readonly handler: (
    request: HttpRequest,
    caller: Caller,
    again: () => Promise<Caller | undefined>,
  ) => HttpResponse | Promise<HttpResponse>;
};

export type PathShape = {
  /** Parameters as `:name`. */
  readonly path: string;
  readonly paramsSchema?: object;
  readonly suffix: string;
};

export class Access {
  readonly #tokens: TokenFile;
  readonly #clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly #needsTokens: boolean;
  readonly #rates = new Map<string, Rate>();

  /** `needsTokens`: others than this machine can ask. Else they are asked for once there are any. */
  constructor(options: {
    readonly tokens: TokenFile;
    readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
    readonly needsTokens: boolean;
  }) {
    this.#tokens = options.tokens;
    this.#clock = options.clock;
    this.#needsTokens = options.needsTokens;
  }

  /** The same routes behind the door. */
  guard(routes: readonly ApiRoute[]): readonly Route[] {
    return routes.map(({ right, handler, operation: _, answers: __, shapes: ___, ...route }) => ({
      ...route,
      admit: async (request) => this.#admit(right, request, await this.#callerOf(request)),
      handler: async (request) => {
        const again = () => this.#callerOf(request);
        const caller = (await again()) ?? stranger;
        return decidedOr503(async () => handler(request, caller, again));
      },
    }));
  }

  /** undefined: shows a token that is not known, or is known no more. */
  async #callerOf({ headers, certificate }: HttpRequest): Promise<Caller | undefined> {
    const tokens = await this.#tokens.current();
    if (tokens === undefined && !this.#needsTokens) return localUser;
    const shown = /^Bearer ([\w~+/.-]{1,256}=*)$/i.exec(String(headers.authorization ?? ''))?.[1];
    if (shown === undefined && headers.authorization !== undefined) return undefined;
    if (shown === undefined && certificate?.isTrusted !== true) return stranger;
    const hash = shown === undefined ? (certificate?.sha256 ?? '') : hashToken(shown);
    const token = tokens?.get(hash);
    // What one of them is must not be shown as the other.
    const isOfKind = (token?.certificate === true) === (shown === undefined);
    const isOver = (token?.expiresMs ?? Infinity) <= this.#clock.nowMs();
    if (token !== undefined && isOfKind && !isOver) return callerWith(token);
    return shown === undefined ? stranger : undefined;
  }

  #admit(
    right: Right | 'open',
    request: HttpRequest,
    caller: Caller | undefined,
  ): HttpResponse | undefined {
    if (caller !== localUser && !this.#rateOf(request, caller).take()) return tooMany;
    if (caller === undefined) {
      return unauthorized('this token is not known here, was revoked or has expired', {
        error: 'invalid_token',
      });
    }
    if (right === 'open') return undefined;
    if (caller === stranger) return unauthorized(missingOf(request));
    if (!caller.rights.has(right)) return forbidden(`this needs a token of ${any(right)}`);
    if (right !== 'chains' || request.params.id === undefined) return undefined;
    if (mayReadChain(caller, toHex(chainIdOf(request)))) return undefined;
    return forbidden(`the token \`${caller.name}\` is for other chains than this one`);
  }

  /** Strangers have little together by address, so that nobody can try tokens. */
  #rateOf({ address }: HttpRequest, caller: Caller | undefined): Rate {
    const isKnown = caller !== undefined && caller !== stranger;
    const key = isKnown ? `token ${caller.name}` : `address ${address}`;
    const perSecond = isKnown ? limits.apiRequestsPerSecond : limits.apiStrangerRequestsPerSecond;
    const rate = this.#rates.get(key) ?? new Rate(perSecond, this.#clock.monotonicMs);
    // The one that was asked for longest ago goes first.
    this.#rates.delete(key);
    this.#rates.set(key, rate);
    const [oldest] = this.#rates.keys();
    if (this.#rates.size > limits.apiRatesMax && oldest !== undefined) this.#rates.delete(oldest);
    return rate;
  }
}

/** Who waits for the main log in vain learns why, and that nothing is wrong with what was sent. */
async function decidedOr503(answer: () => Promise<HttpResponse>): Promise<HttpResponse> {
  try {
    return await answer();
  } catch (error) {
    const isUndecided = error instanceof TielineError && error.code.startsWith('ordering-');
    if (!isUndecided || error.retry !== 'transient') throw error;
    const { headers, ...rest } = problem(503, error.message, { code: error.code });
    return { ...rest, headers: { ...headers, 'retry-after': '1' } };
  }
}

/** 403, RFC 6750 §3.1. */
export function forbidden(detail: string): HttpResponse {
  return challenged(problem(403, detail), 'Bearer error="insufficient_scope"');
}

function unauthorized(detail: string, { error }: { error?: string } = {}): HttpResponse {
  const said = error === undefined ? '' : ` error="${error}"`;
  return challenged(
    problem(401, `${detail}; \`tieline dispatch token\` makes one`),
    `Bearer${said}`,
  );
}

function challenged({ headers, ...rest }: HttpResponse, challenge: string): HttpResponse {
  return { ...rest, headers: { ...headers, 'www-authenticate': challenge } };
}

function missingOf({ certificate }: HttpRequest): string {
  if (certificate === undefined) return 'send a token: `Authorization: Bearer …`';
  return certificate.isTrusted
    ? 'this certificate is bound to no role here'
    : 'this certificate is not by the authority of this API, or its time is over';
}

function any(right: Right): string {
  return rolesWith(right)
    .map((role) => `\`${role}\``)
    .join(' or ');
}

const tooMany: HttpResponse = (() => {
  const { headers, ...rest } = problem(429, 'too many requests: wait a second');
  return { ...rest, headers: { ...headers, 'retry-after': '1' } };
})();
