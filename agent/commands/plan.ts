// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { parseLearned } from '../../drivers/bus/line-memory.ts';
import { type Command, required } from '../../host/command.ts';
import { loadGatewayConfig } from '../config.ts';
import { dataFiles } from '../data-files.ts';
import { planLines } from '../plan/line-plan.ts';
import { planText } from '../plan/plan-text.ts';

export const plan: Command = {
  name: 'plan',
  summary: 'Tells whether the schedule fits each line, and what to change; asks no device.',
  usage: 'plan --config FILE [--json]',
  options: {
    config: { value: 'FILE', description: 'gateway.yaml, with its lines and meters' },
    json: { description: 'every line, meter, share and remedy, as JSON' },
  },
  notes: `Reckons bytes, baud rate, parity, silences and the meters' latency: as measured where the
gateway has run, else 40 ms. Exit code 0 when every line has time for its schedule, 1 when not.`,
  run: async ({ values, print }) => {
    const config = loadGatewayConfig(required('plan', values, 'config'));
    const learned = await readFile(dataFiles(config.data).learned, 'utf8').catch(() => '');
    const plans = planLines(config, parseLearned(learned));
    print(values.json === true ? JSON.stringify({ lines: plans }, null, 2) : planText(plans));
    return plans.every(({ fits }) => fits) ? 0 : 1;
  },
};
