// SPDX-License-Identifier: Apache-2.0
// Whether what is reached over the network lets itself be called: serial servers, meters, and the
// other members of the chain. Nothing is said to them.

import { connect } from 'node:net';
import { messageOf } from '../../base/errors.ts';
import { connectHint } from '../../drivers/bus/connect-error.ts';
import { monotonicMs } from '../../host/clock.ts';
import { parseAddress } from '../address.ts';
import type { GatewayConfig } from '../config.ts';
import type { Finding } from './finding.ts';

const connectTimeoutMs = 3_000;

type Target = { readonly name: string; readonly address: string };

export function checkNetwork(
  config: Pick<GatewayConfig, 'lines' | 'peers'>,
): Promise<readonly Finding[]> {
  const targets: Target[] = [];
  for (const line of config.lines) {
    if ('tcp' in line) targets.push({ name: `line ${line.name}`, address: line.tcp });
    if ('rtuTcp' in line) targets.push({ name: `line ${line.name}`, address: line.rtuTcp });
  }
  for (const { name, address } of config.peers) targets.push({ name: `member ${name}`, address });
  return Promise.all(targets.map(checkTarget));
}

async function checkTarget({ name, address }: Target): Promise<Finding> {
  const place = parseAddress(address);
  if (place === undefined) {
    const advice = 'write host:port, a port from 1 to 65535';
    return { area: 'network', state: 'bad', what: `${name}: ${address} is no address`, advice };
  }
  const startedMs = monotonicMs();
  try {
    await call(place);
    const tookMs = Math.ceil(monotonicMs() - startedMs);
    const what = `${name}: ${address} takes calls, after ${tookMs} ms`;
    return { area: 'network', state: 'good', what };
  } catch (error) {
    const what = `${name}: ${address} takes no calls: ${messageOf(error)}`;
    return { area: 'network', state: 'bad', what, advice: adviceFor(error) };
  }
}

function call(place: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...place, timeout: connectTimeoutMs });
    const end = (error?: Error): void => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.once('connect', () => end());
    socket.once('error', end);
    socket.once('timeout', () => end(new Error(`no answer within ${connectTimeoutMs} ms`)));
  });
}

function adviceFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'ETIMEDOUT';
  return connectHint(code, 'it');
}
