// SPDX-License-Identifier: Apache-2.0
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { monotonicMs } from '../../host/clock.ts';
import { type Command, required } from '../../host/command.ts';
import { auditDataDirectory, auditJson, auditText } from '../chain-audit.ts';

/** A short audit says nothing before its end. */
const progressMs = 2_000;

export const chainVerify: Command = {
  name: 'chain verify',
  summary: "Audits a gateway's chain from its genesis: signatures, sequences, roots, links, state.",
  usage: 'chain verify --data DIR [--json]',
  options: {
    data: { value: 'DIR', description: "the gateway's data directory; it may be running" },
    json: { description: 'what was found, as JSON' },
  },
  notes:
    'Exit code 0 when all is as it was written, 1 naming the first block that is not, and why.',
  run: async ({ values, print }) => {
    let toldMs = monotonicMs();
    const dataDir = required('chain verify', values, 'data');
    const report = await auditDataDirectory(suite, dataDir, ({ height, lastHeight }) => {
      if (monotonicMs() - toldMs < progressMs) return;
      toldMs = monotonicMs();
      process.stderr.write(`block ${height} of ${lastHeight}\n`);
    });
    print(values.json === true ? auditJson(report) : auditText(report));
    return report.ok ? 0 : 1;
  },
};
