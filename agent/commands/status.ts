// SPDX-License-Identifier: Apache-2.0
import { TielineError } from '../../base/errors.ts';
import { type Command, required } from '../../host/command.ts';
import { loadGatewayConfig } from '../config.ts';
import { type GatewayStatus, statusText } from '../status.ts';

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
    const found = await ask(`http://127.0.0.1:${config.http.port}/api/v1/status`);
    print(values.json === true ? JSON.stringify(found) : statusText(found));
    return 0;
  },
};

async function ask(url: string): Promise<GatewayStatus> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new TielineError('gateway-api', `${url} answers ${response.status}`);
    return (await response.json()) as GatewayStatus;
  } catch (cause) {
    if (cause instanceof TielineError) throw cause;
    throw new TielineError('gateway-api', `no gateway answers at ${url}`, {
      retry: 'transient',
      hint: 'is it running, with this configuration? `systemctl status tieline`, or `tieline run`',
      cause,
    });
  }
}
