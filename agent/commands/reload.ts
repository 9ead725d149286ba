// SPDX-License-Identifier: Apache-2.0
import { type Command, required } from '../../host/command.ts';
import { askReload } from '../ask-gateway.ts';
import { loadGatewayConfig } from '../config.ts';
import type { Reloaded } from '../reload.ts';

export const reload: Command = {
  name: 'reload',
  summary: 'Has a running gateway read its configuration again; only what changed restarts.',
  usage: 'reload --config FILE [--json]',
  options: {
    config: { value: 'FILE', description: 'gateway.yaml of the gateway' },
    json: { description: 'what was started, stopped and kept, as JSON' },
  },
  notes: `Lines and meters follow at once; meters that the file says the same of miss no reading.
Other sections wait for a restart, and are named. A file with a mistake changes nothing.`,
  run: async ({ values, print }) => {
    // Mistakes are told here, with their place, before the gateway is asked.
    const config = loadGatewayConfig(required('reload', values, 'config'));
    const done = await askReload(config);
    print(values.json === true ? JSON.stringify(done) : reloadedText(done));
    return 0;
  },
};

function reloadedText({ started, stopped, keptCount, restartNeeded }: Reloaded): string {
  const list = (names: readonly string[]): string =>
    names.length === 0 ? 'none' : names.join(', ');
  const lines = [
    `started   ${list(started)}`,
    `stopped   ${list(stopped)}`,
    `kept      ${keptCount} without a pause`,
  ];
  if (restartNeeded.length > 0) {
    lines.push(`waiting   ${list(restartNeeded)}: restart the gateway for these`);
  }
  return lines.join('\n');
}
