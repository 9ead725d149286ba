// SPDX-License-Identifier: Apache-2.0
// A report of a member as JSON.

import { toBase64, toHex } from '../../base/bytes.ts';
import { openReport } from '../../sidechain/chain/report.ts';
import type { StoredReport } from '../store/ledger-store.ts';
import { formatTime } from './time-query.ts';

/** With the report as it was signed, for whoever wants to check it. */
export function reportView({ gateway, bytes, takenMs }: StoredReport) {
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
