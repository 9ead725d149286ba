// SPDX-License-Identifier: Apache-2.0
// Asks a gateway that runs on this machine, over its local API.

import { TielineError } from '../base/errors.ts';
import type { GatewayConfig } from './config.ts';
import type { GatewayStatus } from './status.ts';

const timeoutMs = 5_000;

/** @throws TielineError `gateway-api`, with what to check. */
export async function askStatus({ http }: Pick<GatewayConfig, 'http'>): Promise<GatewayStatus> {
  const url = `http://127.0.0.1:${http.port}/api/v1/status`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
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
