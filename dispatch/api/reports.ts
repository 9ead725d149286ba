// SPDX-License-Identifier: Apache-2.0
// The route of what members have reported of each other, as it was taken.

import { limits } from '../../base/limits.ts';
import type { ApiRoute } from './access.ts';
import { closed, json, listOf, named, problemAnswer } from './answer-schema.ts';
import { type ChainRoutesOptions, withChain } from './chains.ts';
import { reportView } from './report-view.ts';
import { chainParams } from './request.ts';

export function reportRoutes(options: ChainRoutesOptions): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/chains/:id/reports',
      operation: 'listReports',
      keeping: 'ask-again',
      answers: {
        200: json('The reports.', closed({ reports: listOf(named('Report')) })),
        404: problemAnswer('The chain is not enrolled here.'),
      },
      right: 'chains',
      description: `What members have reported of each other, the newest ${limits.reportsPageMax}.`,
      paramsSchema: chainParams,
      handler: (request) =>
        withChain(options, request, async ({ record }) => {
          const reports = await options.ledger.reports(record.chainId, limits.reportsPageMax);
          return { status: 200, body: { reports: reports.map(reportView) } };
        }),
    },
  ];
}
