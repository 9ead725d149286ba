// SPDX-License-Identifier: Apache-2.0
// Routes of the registry: who takes part, what is proposed, and the way in for proposals and votes. Each is
// signed by a governance key: that decides, whoever brings it.

import { fromBase64 } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import { votesNeeded } from '../../sidechain/chain/main-registry.ts';
import type { PendingProposal } from '../ledger/judge-governance.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { ApiRoute } from './access.ts';
import { closed, count, json, listOf, named, problemAnswer } from './answer-schema.ts';
import { pendingView, registryView } from './registry-view.ts';

export type RegistryRoutesOptions = { readonly suite: Suite; readonly ordering: Ordering };

export function registryRoutes(options: RegistryRoutesOptions): readonly ApiRoute[] {
  const { suite, ordering } = options;
  return [
    {
      method: 'GET',
      path: '/api/v1/registry',
      operation: 'getRegistry',
      keeping: 'ask-again',
      answers: { 200: json('The registry.', named('Registry')) },
      right: 'log',
      description: 'The organisations of the main log, their persons, and who keeps the log.',
      handler: () => ({
        status: 200,
        body: registryView(suite, ordering.mainLog, ordering.governance),
      }),
    },
    {
      method: 'GET',
      path: '/api/v1/proposals',
      operation: 'listProposals',
      keeping: 'ask-again',
      answers: { 200: json('All of them.', closed({ items: listOf(named('Proposal')) })) },
      right: 'log',
      description: 'Proposed changes of the registry that wait for votes.',
      handler: () => ({
        status: 200,
        body: { items: ordering.governance.pending.map((one) => view(options, one)) },
      }),
    },
    {
      method: 'POST',
      path: '/api/v1/governance',
      operation: 'govern',
      answers: {
        200: json(
          'The registry is changed; `Location` names the act.',
          closed({ status: { const: 'taken' }, version: count, logIndex: count }),
        ),
        202: json(
          'It waits for more votes.',
          closed({ status: { const: 'pending' }, proposal: named('Proposal') }),
        ),
        422: problemAnswer('It does not count; `code` says why.'),
      },
      right: 'govern',
      description: 'Takes a proposal or a vote, signed by the governance key of an organisation.',
      bodySchema: {
        type: 'object',
        additionalProperties: false,
        required: ['statement'],
        properties: { statement: { type: 'string' } },
      },
      handler: (request) => govern(options, request),
    },
  ];
}

function view({ suite, ordering }: RegistryRoutesOptions, proposal: PendingProposal) {
  const { registry } = ordering.governance;
  return pendingView(suite, proposal, { registry, needed: votesNeeded(registry) });
}

async function govern(
  options: RegistryRoutesOptions,
  { body }: HttpRequest,
): Promise<HttpResponse> {
  const statement = fromBase64((body as { readonly statement: string }).statement);
  if (statement === undefined) {
    return problem(400, 'a statement is base64 with padding (RFC 4648 §4)');
  }
  const outcome = await options.ordering.submit({ kind: 'govern', statement });
  switch (outcome.kind) {
    case 'refused':
      return problem(422, outcome.detail, { code: outcome.code });
    case 'pending':
      return {
        status: 202,
        body: { status: 'pending', proposal: view(options, outcome.proposal) },
      };
    case 'taken': {
      const { logIndex, version } = outcome;
      return {
        status: 200,
        headers: { location: `/api/v1/records/${logIndex}` },
        body: { status: 'taken', version, logIndex },
      };
    }
  }
}
