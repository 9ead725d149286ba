// SPDX-License-Identifier: Apache-2.0
// What a copy of the ledger holds, for people and for programs.

import type { LedgerAudit } from '../store/audit-ledger.ts';

export function auditLines(audit: LedgerAudit, first: string): readonly string[] {
  const { size, root, chainCount, summaryMessages, bytes } = audit;
  return [
    first,
    `main log  ${audit.mainLog.origin}, ${size} leaves, root ${root}`,
    `holds     ${chainCount} chains, ${summaryMessages} summary messages, ${bytes} bytes`,
    'verified  every leaf, every anchor and record, the root',
  ];
}

export function auditJson({ mainLog, ...audit }: LedgerAudit, file: string): string {
  return JSON.stringify({ file, origin: mainLog.origin, ...audit });
}
