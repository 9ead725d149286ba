// SPDX-License-Identifier: Apache-2.0

import type { Command } from '../../host/command.ts';
import { required } from '../../host/command.ts';
import { runGateway } from '../run-gateway.ts';

export const run: Command = {
  name: 'run',
  summary: 'Runs a gateway: reads, signs, keeps the chain, anchors.',
  usage: 'run --config FILE',
  options: { config: { value: 'FILE', description: 'gateway.yaml, as `tieline init` makes it' } },
  notes: 'Prints one line `ready …` when it runs. What it does is logged to standard error.',
  run: async ({ values, print, ending }) => {
    await runGateway(required('run', values, 'config'), { print, ending });
    return 0;
  },
};
