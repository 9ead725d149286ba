// SPDX-License-Identifier: Apache-2.0
// Asks a gateway for its status by a Unix socket that leads to its loopback.

import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { GatewayStatus } from '../../../agent/status.ts';

const timeoutMs = 5_000;

export function askStatus(socketPath: string): Promise<GatewayStatus> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const options = { socketPath, path: '/api/v1/status', agent: false, signal };
    const asked = request(options, (response) => {
      text(response)
        .then((body) => resolve(JSON.parse(body) as GatewayStatus))
        .catch(reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}
