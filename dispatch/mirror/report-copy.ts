// SPDX-License-Identifier: Apache-2.0
// Follows what members of a chain report of each other. Each report is judged before it is kept; what
// was shown once stays shown; and whom the centre trusts no more is exactly whom proven evidence names.
// What such a member signs counts for nothing under anchors that are taken afterwards.

import { equal, toHex } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import { checkReport, openReport, type Report } from '../../sidechain/chain/report.ts';
import type { CentreClient } from './centre-client.ts';
import { type Difference, type DifferenceKind, differenceOf } from './difference.ts';
import type { ProvenChain } from './judge.ts';
import type { MirrorStore } from './mirror-store.ts';

export type ReportCopyOptions = {
  readonly suite: Suite;
  readonly store: MirrorStore;
  readonly client: CentreClient;
  readonly nowMs: () => number;
};

export const reportKinds: readonly DifferenceKind[] = ['report', 'report-missing', 'distrusted'];

/** Signed by a member that the chain has had. Bytes are attacker-controlled. */
export function judgeReport(
  suite: Suite,
  bytes: Uint8Array,
  { chainId, memberships }: ProvenChain,
): Result<Report, 'report'> {
  const opened = openReport(bytes);
  if (!opened.ok) return refuse('report', opened.detail);
  let said = 'nobody of the chain may sign it';
  for (const { members } of memberships) {
    const checked = checkReport(suite, opened.value, { chainId, members });
    if (checked.ok) return accept(opened.value.report);
    said = checked.detail;
  }
  return refuse('report', said);
}

export async function copyReports(
  { suite, store, client, nowMs }: ReportCopyOptions,
  chain: ProvenChain,
): Promise<readonly Difference[]> {
  const { chainId } = chain;
  const id = toHex(chainId);
  const found: Difference[] = [];
  const { distrusted: shownDistrusted, reports: shown } = await client.reports(id);
  const known = await store.reports(chainId);
  const kept = known.map(({ bytes }) => bytes);
  const placeOf = (bytes: Uint8Array) => `report ${toHex(suite.sha256(bytes)).slice(0, 16)}`;
  for (const bytes of shown) {
    if (kept.some((one) => equal(one, bytes))) continue;
    const place = placeOf(bytes);
    const judged = judgeReport(suite, bytes, chain);
    if (!judged.ok) {
      found.push(differenceOf('report', id, place, { shown: 'a report', proven: judged.detail }));
      continue;
    }
    const member = judged.value.kind === 'evidence' ? judged.value.member : undefined;
    await store.keepReport(chainId, { bytes, member, seenMs: nowMs() });
    kept.push(bytes);
  }
  // The newest are shown: of fewer than that, all.
  if (shown.length < limits.reportsPageMax) {
    for (const bytes of kept.filter((one) => !shown.some((other) => equal(one, other)))) {
      const place = placeOf(bytes);
      found.push(
        differenceOf('report-missing', id, place, { shown: 'nothing', proven: 'shown before' }),
      );
    }
  }
  const proven = new Set((await store.distrusted(chainId)).map(({ member }) => toHex(member)));
  for (const member of new Set([...proven, ...shownDistrusted])) {
    const says = (is: boolean) => (is ? 'trusted no more' : 'trusted');
    const [theirs, own] = [shownDistrusted.includes(member), proven.has(member)];
    // Of very many reports, the one that proves it may be shown no more.
    const isUnseen = theirs && !own && shown.length >= limits.reportsPageMax;
    if (theirs === own || isUnseen) continue;
    const said = { shown: says(theirs), proven: says(own) };
    found.push(differenceOf('distrusted', id, `member ${member}`, said));
  }
  return found;
}
