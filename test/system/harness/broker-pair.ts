// SPDX-License-Identifier: Apache-2.0
// Two brokers as deploy/mosquitto has them, with certificates by `tieline broker`, of which the first
// keeps a bridge to the second; and a network that is at home at both.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../demo/children.ts';
import { findProgram } from '../../demo/network.ts';
import { root } from '../run-tool.ts';
import { must, type Network } from './network.ts';
import { Program } from './program.ts';
import type { Restartable } from './restartable.ts';

export type Broker = { readonly broker: Restartable; readonly url: string };

/** Both run. Gateway and centre, which do not, have both addresses, each first another one. */
export async function moveToBrokerPair(network: Network): Promise<readonly [Broker, Broker]> {
  const { dir, centreDir, gatewayDir } = network;
  const authority = join(dir, 'authority');
  const admit = (...words: readonly string[]) =>
    must('broker', 'admit', '--dir', authority, ...words);
  await must('broker', 'init', '--dir', authority, '--host', 'localhost');
  await admit('--dispatch', 'dispatch-1');
  await admit('--bridge', 'bridge');
  await admit('--genesis', join(gatewayDir, 'genesis.cbor'));

  const secondPort = await freePort();
  const second = await newBroker(join(dir, 'broker-2'), { authority, port: secondPort });
  const bridge = (await shipped('bridge.conf', authority)).replace(
    /^address .*$/m,
    `address localhost:${secondPort}`,
  );
  const firstPort = await freePort();
  const first = await newBroker(join(dir, 'broker-1'), { authority, port: firstPort, bridge });

  const files = (name: string, key: string) => {
    const cert = join(authority, 'clients', `${name}.crt`);
    return `  ca: ${join(authority, 'ca.crt')}\n  cert: ${cert}\n  key: ${key}`;
  };
  const [{ url: one }, { url: other }] = [first, second];
  const dispatchKey = join(authority, 'clients/dispatch-1.key');
  await atBrokers(join(centreDir, 'dispatch.yaml'), [other, one], files('dispatch-1', dispatchKey));
  const keyId = (await readFile(join(authority, 'clients.jsonl'), 'utf8')).match(
    /"commonName":"([0-9a-f]{16})"/,
  )?.[1];
  const gatewayKey = join(network.gatewayData, 'gateway.key');
  await atBrokers(network.gatewayConfig, [one, other], files(keyId ?? '', gatewayKey));
  return [first, second];
}

/** A configuration of deploy/mosquitto that finds its files. */
async function shipped(name: string, authority: string): Promise<string> {
  const text = await readFile(join(root, 'deploy/mosquitto', name), 'utf8');
  return text
    .replace('/etc/mosquitto/tieline/bridge', join(authority, 'clients/bridge'))
    .replace('/etc/mosquitto/tieline/bridge', join(authority, 'clients/bridge'))
    .replaceAll('/etc/mosquitto/tieline', authority);
}

async function newBroker(
  dir: string,
  given: { readonly authority: string; readonly port: number; readonly bridge?: string },
): Promise<Broker> {
  const { authority, port, bridge = '' } = given;
  const file = findProgram('mosquitto');
  if (file === undefined) throw new Error('mosquitto is missing: run deploy/dev-setup');
  await mkdir(dir);
  const text = (await shipped('mosquitto.conf', authority))
    .replace('listener 8883', `listener ${port} 127.0.0.1\nuser root`)
    .replace('/var/lib/mosquitto/', `${dir}/`);
  const config = join(dir, 'mosquitto.conf');
  await writeFile(config, `${text}\n${bridge}`);
  const words = ['-c', config, '-v'];
  const isReady = (line: string): boolean => line.includes('running');
  const broker = new Program({ name: `mosquitto-${port}`, file, words, isReady });
  await broker.start();
  return { broker, url: `mqtts://localhost:${port}` };
}

async function atBrokers(config: string, urls: readonly string[], files: string): Promise<void> {
  const text = await readFile(config, 'utf8');
  const changed = text.replace(/^( *url:) .*$/m, `$1 [${urls.join(', ')}]\n${files}`);
  if (changed === text) throw new Error(`${config} names no broker`);
  await writeFile(config, changed);
}
