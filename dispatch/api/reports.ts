// SPDX-License-Identifier: Apache-2.0
// The route of what members have reported of each other, as it was taken.

import { toBase64, toHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import { openReport } from '../../sidechain/chain/report.ts';
import type { StoredReport } from '../store/ledger-store.ts';
import type { ApiRoute } from './access.ts';
import { closed, json, listOf, named, problemAnswer } from './answer-schema.ts';
import { type ChainRoutesOptions, withChain } from './chains.ts';
import { chainParams } from './request.ts';
import { formatTime } from './time-query.ts';

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

/** With the report as it was signed, for whoever wants to check it. */
function reportView({ gateway, bytes, takenMs }: StoredReport) {
  const opened = openReport(bytes);
  const report = opened.ok ? opened.value.report : undefined;
  const shared = {
    gateway: toHex(gateway),
    takenAt: formatTime(takenMs),
    kind: report?.kind,
    reportedAt: report && formatTime(report.timeMs),
  };
  const signed = toBase64(bytes);
  if (report?.kind === 'evidence') return { ...shared, member: toHex(report.member), signed };
  if (report?.kind !== 'withheld') return { ...shared, signed };
  const { leader, term, entryId, waitedMs, height } = report;
  const entry = { leader: toHex(leader), term, entryId: toHex(entryId), waitedMs, height };
  return { ...shared, ...entry, signed };
}
