// SPDX-License-Identifier: Apache-2.0
// What an audit of a gateway's chain has found, for people and for programs.

import { toHex } from '../base/bytes.ts';
import type { Suite } from '../base/suite.ts';
import { openGenesis } from '../sidechain/chain/genesis.ts';
import { type AuditOptions, type AuditReport, auditChain } from '../sidechain/store/audit.ts';
import { openChainDatabase, readChain } from '../sidechain/store/chain-file.ts';
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
    return await auditChain({ database, suite, contracts, onProgress });
  } finally {
    await database.close();
  }
}

export function auditText(report: AuditReport): string {
  const chain = `chain     ${toHex(report.chainId)}`;
  if (!report.ok) {
    const { height, reason, detail } = report;
    return `${chain}\nFAIL      block ${height}: ${reason}: ${detail}`;
  }
  const { height, entryCount, refusedCount, outputCount, cosignedSize, receiptSize } = report;
  return [
    chain,
    `blocks    ${height + 1}, each with its link, roots, state and outputs`,
    `entries   ${entryCount} signed, in sequence; ${refusedCount} refused`,
    `outputs   ${outputCount}`,
    `signed    checkpoint of ${cosignedSize} blocks; ${receiptSize} blocks under a receipt`,
    'ok',
  ].join('\n');
}

export function auditJson(report: AuditReport): string {
  const { ok, chainId, ...rest } = report;
  return JSON.stringify({ ok, chain: toHex(chainId), ...rest });
}
