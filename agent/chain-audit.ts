// SPDX-License-Identifier: Apache-2.0
// What an audit of a gateway's chain has found, for people and for programs.

import { toHex } from '../base/bytes.ts';
import type { Suite } from '../base/suite.ts';
import { openGenesis } from '../sidechain/chain/genesis.ts';
import { readKept } from '../sidechain/store/archive-table.ts';
import { type AuditOptions, type AuditReport, auditChain } from '../sidechain/store/audit.ts';
import { openChainDatabase, readChain } from '../sidechain/store/chain-file.ts';
import { archivePath, listSegments } from '../sidechain/store/segment-file.ts';
import { gatewayContracts } from './contracts.ts';

/**
 * Audits the chain in a data directory, also while its gateway runs.
 * @throws TielineError where the file cannot be read at all, or holds no chain.
 */
export async function auditDataDirectory(
  suite: Suite,
  dataDir: string,
  onProgress: NonNullable<AuditOptions['onProgress']>,
): Promise<AuditReport> {
  const database = await openChainDatabase(dataDir, 'read-only');
  try {
    const { chainId, genesisBytes } = await readChain(database);
    const genesis = openGenesis(suite, genesisBytes);
    if (!genesis.ok) {
      const detail = `the genesis is none: ${genesis.detail}`;
      return { ok: false, chainId, height: 0, reason: 'genesis', detail };
    }
    const contracts = gatewayContracts(genesis.value.genesis);
    const segments = async () => listSegments(archivePath(dataDir));
    for (let attempt = 1; ; attempt++) {
      const kept = await readKept(database);
      const given = {
        database,
        suite,
        contracts,
        onProgress,
        segments: await segments(),
      };
      const report = await auditChain(given);
      // Beside a gateway that has just moved blocks into a segment: once more, as it is now.
      const hasMoved = (await readKept(database)).height !== kept.height;
      if (report.ok || !hasMoved || attempt === attemptsMax) return report;
    }
  } finally {
    await database.close();
  }
}

/** Blocks are moved seldom. */
const attemptsMax = 3;

export function auditText(report: AuditReport): string {
  const chain = `chain     ${toHex(report.chainId)}`;
  if (!report.ok) {
    const { height, reason, detail } = report;
    return `${chain}\nFAIL      block ${height}: ${reason}: ${detail}`;
  }
  const { height, entryCount, refusedCount, outputCount, cosignedSize, receiptSize } = report;
  const { checkedFrom } = report;
  return [
    chain,
    `blocks    ${height + 1 - checkedFrom}, each with its link, roots, state and outputs`,
    `entries   ${entryCount} signed, in sequence; ${refusedCount} refused`,
    `outputs   ${outputCount}`,
    `signed    checkpoint of ${cosignedSize} blocks; ${receiptSize} blocks under a receipt`,
    ...(checkedFrom === 0
      ? []
      : [
          `unchecked blocks 0 to ${checkedFrom - 1} are in segments that are not here; their headers are`,
          '          under the newest receipt and the signed checkpoint; the state is taken as stored',
        ]),
    'ok',
  ].join('\n');
}

export function auditJson(report: AuditReport): string {
  const { ok, chainId, ...rest } = report;
  return JSON.stringify({ ok, chain: toHex(chainId), ...rest });
}
