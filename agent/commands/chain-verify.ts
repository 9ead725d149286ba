// SPDX-License-Identifier: Apache-2.0
import { toHex } from '../../base/bytes.ts';
import { nodeSuite } from '../../base/node-suite.ts';
import { type Command, required } from '../../host/command.ts';
import type { Database } from '../../host/sqlite.ts';
import { openGenesis } from '../../sidechain/chain/genesis.ts';
import type { Contract } from '../../sidechain/chain/ledger.ts';
import { type AuditReport, auditChain } from '../../sidechain/store/audit.ts';
import { openChainDatabase, readChain } from '../../sidechain/store/chain-file.ts';
import { gatewayContracts } from '../contracts.ts';

export const chainVerify: Command = {
  name: 'chain verify',
  summary: "Audits a gateway's chain from its genesis: everything is computed again and compared.",
  usage: 'chain verify --data DIR [--json]',
  options: {
    data: { value: 'DIR', description: "the gateway's data directory; it may be running" },
    json: { description: 'the report as JSON' },
  },
  notes:
    'Exit code 0 when all of it holds, 1 when not: then the height and the reason are printed.',
  run: async ({ values, print }) => {
    const database = await openChainDatabase(required('chain verify', values, 'data'), 'read-only');
    try {
      const report = await auditChain({
        database,
        suite: nodeSuite,
        contracts: await contractsOf(database),
        onProgress: ({ height, lastHeight }) => {
          if (process.stderr.isTTY) process.stderr.write(`\rblock ${height} of ${lastHeight}`);
        },
      });
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
      print(values.json === true ? reportJson(report) : reportText(report));
      return report.ok ? 0 : 1;
    } finally {
      await database.close();
    }
  },
};

/** A genesis that cannot be read is for the audit to name. */
async function contractsOf(database: Database): Promise<readonly Contract[]> {
  const { genesisBytes } = await readChain(database);
  const genesis = openGenesis(nodeSuite, genesisBytes);
  return genesis.ok ? gatewayContracts(genesis.value.genesis) : [];
}

function reportJson(report: AuditReport): string {
  return JSON.stringify({ ...report, chainId: toHex(report.chainId) });
}

function reportText(report: AuditReport): string {
  if (!report.ok) return `BROKEN at height ${report.height}: ${report.reason}: ${report.detail}`;
  const { height, entryCount, refusedCount, outputCount, cosignedSize, receiptSize } = report;
  return [
    `chain ${toHex(report.chainId)} holds`,
    `  ${height + 1} blocks, ${entryCount} entries, ${refusedCount} refused, ${outputCount} outputs`,
    `  co-signed to ${cosignedSize} blocks, anchored to ${receiptSize}`,
  ].join('\n');
}
