// SPDX-License-Identifier: Apache-2.0

import { TielineError } from '../../base/errors.ts';
import type { Command } from '../../host/command.ts';
import { required } from '../../host/command.ts';
import { untilEnded } from '../../host/exit.ts';
import { createLog } from '../../host/log.ts';
import { loadGatewayConfig } from '../config.ts';
import { startGateway } from '../gateway.ts';

export const runGateway: Command = {
  name: 'run',
  summary: 'Runs a gateway: reads, signs, keeps the chain, anchors.',
  usage: 'run --config FILE',
  options: { config: { value: 'FILE', description: 'gateway.yaml, as `tieline init` makes it' } },
  notes: 'Prints one line `ready …` when it runs. What it does is logged to standard error.',
  run: async ({ values, print, ending }) => {
    const config = loadGatewayConfig(required('run', values, 'config'));
    const log = createLog(config.log);
    for (;;) {
      const gateway = await startGateway(config, log, { ending });
      print(`ready gateway ${gateway.keyId} chain ${gateway.chainId} api ${gateway.apiUrl}`);
      try {
        await Promise.race([untilEnded(ending), gateway.finished]);
        await gateway.close();
        return 0;
      } catch (error) {
        // From a state that another member gave: what was in memory is of no use any more.
        if (!(error instanceof TielineError) || error.code !== 'snapshot-installed') throw error;
        await gateway.close();
      }
    }
  },
};
