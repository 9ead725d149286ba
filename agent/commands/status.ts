// SPDX-License-Identifier: Apache-2.0
import { type Command, required } from '../../host/command.ts';
import { askStatus } from '../ask-gateway.ts';
import { loadGatewayConfig } from '../config.ts';
import { statusText } from '../status.ts';

export const status: Command = {
  name: 'status',
  summary: 'Asks a running gateway on this machine what it reads, holds and has sent.',
  usage: 'status --config FILE [--json]',
  options: {
    config: { value: 'FILE', description: 'gateway.yaml of the gateway' },
    json: { description: 'all of it, as JSON' },
  },
  run: async ({ values, print }) => {
    const config = loadGatewayConfig(required('status', values, 'config'));
    const found = await askStatus(config);
    print(values.json === true ? JSON.stringify(found) : statusText(found));
    return 0;
  },
};
