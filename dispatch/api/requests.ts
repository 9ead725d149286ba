// SPDX-License-Identifier: Apache-2.0
// Routes of requests for raw readings: the way in for what a person has signed, how far it has come, and the
// answers, which only who asked can open.

import { fromBase64, fromHex, toHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import { openRequest } from '../../sidechain/chain/request.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { RequestStore } from '../store/request-store.ts';
import type { ApiRoute } from './access.ts';
import {
  chainId,
  closed,
  count,
  file,
  json,
  listOf,
  problemAnswer,
  time,
} from './answer-schema.ts';
import { formatTime } from './time-query.ts';

export type RequestRoutesOptions = {
  readonly suite: Suite;
  readonly ordering: Ordering;
  readonly requests: RequestStore;
  /** A request was taken: it can be sent. */
  readonly onTaken: () => void;
};

const idPattern = '^[0-9a-f]{64}$';
const params = { request: { type: 'string', pattern: idPattern } } as const;

const taken = closed({ id: chainId, logIndex: count });
const progress = closed({
  id: chainId,
  chain: chainId,
  logIndex: count,
  until: time,
  asks: count,
  answered: listOf(count),
});

export function requestRoutes(options: RequestRoutesOptions): readonly ApiRoute[] {
  const path = '/api/v1/requests';
  const notHere = problemAnswer('There is no such request.');
  return [
    {
      method: 'POST',
      path,
      operation: 'putRequest',
      answers: {
        200: json('It was there before.', taken),
        201: json('It is on its way; `Location` names it.', taken),
        422: problemAnswer('It does not count; `code` says why.'),
      },
      right: 'request',
      description: 'Calls for raw readings of a chain: a request that a person has signed.',
      bodySchema: {
        type: 'object',
        additionalProperties: false,
        required: ['request'],
        properties: { request: { type: 'string', maxLength: 2 * limits.requestBytesMax } },
      },
      handler: (request) => put(options, request),
    },
    {
      method: 'GET',
      path: `${path}/:request`,
      operation: 'getRequest',
      keeping: 'ask-again',
      answers: { 200: json('How far it has come.', progress), 404: notHere },
      right: 'request',
      description: 'Which asks of a request have an answer.',
      paramsSchema: { type: 'object', properties: params },
      handler: (request) => show(options, request),
    },
    {
      method: 'GET',
      path: `${path}/:request/answers/:ask`,
      operation: 'getRequestAnswer',
      keeping: 'ask-again',
      answers: {
        200: file('The statement of the gateway that answers.', 'application/cose'),
        404: problemAnswer('Nobody has answered that yet.'),
      },
      right: 'request',
      description: 'The answer to one ask, counted from 0, sealed for the key in the request.',
      paramsSchema: {
        type: 'object',
        properties: { ...params, ask: { type: 'integer', minimum: 0 } },
      },
      handler: async (request) => {
        const answer = await options.requests.answer(idIn(request), Number(request.params.ask));
        if (answer === undefined) return problem(404, 'nobody has answered that yet');
        const headers = { 'content-type': 'application/cose' };
        return { status: 200, headers, body: answer };
      },
    },
  ];
}

async function put(options: RequestRoutesOptions, { body }: HttpRequest): Promise<HttpResponse> {
  const { suite, ordering, onTaken } = options;
  const record = fromBase64((body as { readonly request: string }).request);
  if (record === undefined) return problem(400, 'a request is base64 with padding (RFC 4648 §4)');
  const opened = openRequest(suite, record);
  if (!opened.ok) return problem(422, opened.detail, { code: 'malformed' });
  const outcome = await ordering.submit({ kind: 'record', record });
  if (outcome.kind === 'refused') return problem(422, outcome.detail, { code: outcome.code });
  onTaken();
  const id = toHex(opened.value.id);
  return {
    status: outcome.isNew ? 201 : 200,
    headers: { location: `/api/v1/requests/${id}` },
    body: { id, logIndex: outcome.logIndex },
  };
}

async function show({ requests }: RequestRoutesOptions, request: HttpRequest) {
  const found = await requests.request(idIn(request));
  if (found === undefined) return problem(404, 'there is no such request');
  const { id, chainId: chain, logIndex, untilMs, askCount } = found;
  return {
    status: 200,
    body: {
      id: toHex(id),
      chain: toHex(chain),
      logIndex,
      until: formatTime(untilMs),
      asks: askCount,
      answered: await requests.answered(id),
    },
  };
}

function idIn({ params: { request } }: HttpRequest): Uint8Array {
  return fromHex(String(request)) ?? new Uint8Array();
}
