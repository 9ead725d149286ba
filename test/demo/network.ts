// SPDX-License-Identifier: Apache-2.0
// The demonstration's network: a broker, three meters, one dispatch node, one gateway; each a process of its
// own, on this machine's loopback alone.

import { existsSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Children, freePort } from './children.ts';

export type Network = {
  readonly broker: string;
  /** How the second meter is reached. */
  readonly rtu: string;
  readonly meters: readonly string[];
  readonly dispatchApi: string;
  readonly gatewayApi: string;
  readonly gatewayConfig: string;
  readonly gatewayData: string;
  readonly chainId: string;
};

export type Tell = (hop: string, text: string) => void;

/** Where a program is, if it is installed. Debian keeps servers out of users' search paths. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

export async function startNetwork(children: Children, dir: string, tell: Tell): Promise<Network> {
  const { url: mqttUrl, kind: broker } = await startBroker(children, dir);
  tell('broker', `${broker} at ${mqttUrl}`);
  const meters = await startMeters(children, dir);
  for (const { text } of meters) tell('meter', text);

  const dispatchPort = await freePort();
  const centre = join(dir, 'dispatch');
  await must(children, 'dispatch', 'init', '--dir', centre, '--origin', 'demo.example/main', [
    ...['--mqtt', mqttUrl, '--http-port', String(dispatchPort)],
  ]);
  const dispatch = await children.service(
    'dispatch',
    ...['dispatch', '--config', join(centre, 'dispatch.yaml')],
  );
  tell('dispatch', dispatch.ready.replace('ready dispatch ', 'main log '));

  const gateway = join(dir, 'gateway');
  const gatewayPort = await freePort();
  await must(children, 'init', '--dir', gateway, '--main-log', join(centre, 'main-log.json'), [
    ...['--name', 'substation-7', '--mqtt', mqttUrl, '--http-port', String(gatewayPort)],
    ...['--window-seconds', '10', '--grace-seconds', '2', '--anchor-seconds', '5'],
  ]);
  const config = join(gateway, 'gateway.yaml');
  await addMeters(config, meters);
  const dispatchApi = `http://127.0.0.1:${dispatchPort}`;
  await must(children, 'dispatch', 'enrol', '--genesis', join(gateway, 'genesis.cbor'), [
    ...['--key', join(centre, 'dispatcher.key'), '--api', dispatchApi],
  ]);
  const running = await children.service('gateway', 'run', '--config', config);
  const [, , keyId = '', , chainId = ''] = running.ready.split(' ');
  tell('gateway', `substation-7, key ${keyId}, sidechain ${chainId.slice(0, 16)}…`);
  return {
    broker,
    rtu: meters[1]?.way ?? '',
    meters: meters.map(({ text }) => text),
    dispatchApi,
    gatewayApi: `http://127.0.0.1:${gatewayPort}`,
    gatewayConfig: config,
    gatewayData: join(gateway, 'data'),
    chainId,
  };
}

async function must(
  children: Children,
  ...words: readonly (string | readonly string[])[]
): Promise<void> {
  const { code } = await children.command(...words.flat());
  if (code !== 0) throw new Error(`tieline ${words.flat().join(' ')} failed`);
}

async function startBroker(
  children: Children,
  dir: string,
): Promise<{ readonly url: string; readonly kind: string }> {
  const port = await freePort();
  const url = `mqtt://127.0.0.1:${port}`;
  const mosquitto = findProgram('mosquitto');
  if (mosquitto === undefined) {
    const broker = new URL('broker.ts', import.meta.url).pathname;
    const command = { file: process.execPath, words: [broker, String(port)] };
    await children.program('broker', command, (line) => line.startsWith('ready '));
    return { url, kind: 'aedes, MQTT 3.1.1 (mosquitto is not installed)' };
  }
  const config = join(dir, 'mosquitto.conf');
  await writeFile(
    config,
    `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n`,
  );
  await children.program('broker', { file: mosquitto, words: ['-c', config, '-v'] }, (line) =>
    line.includes('running'),
  );
  return { url, kind: 'mosquitto' };
}

type StartedMeter = {
  readonly name: string;
  readonly id: string;
  /** In the words of gateway.yaml. */
  readonly line: string;
  readonly way: string;
  readonly text: string;
};

async function startMeters(children: Children, dir: string): Promise<readonly StartedMeter[]> {
  const feeder = await tcpMeter(children, { name: 'feeder', id: 'eastron-sdm630' });
  const cellar = await rtuMeter(children, dir, { name: 'cellar', id: 'chint-ddsu666' });
  const workshop = await tcpMeter(children, { name: 'workshop', id: 'acrel-adl400-primary' });
  return [feeder, cellar, workshop];
}

type Wanted = { readonly name: string; readonly id: string };

async function tcpMeter(children: Children, { name, id }: Wanted): Promise<StartedMeter> {
  const endpoint = `127.0.0.1:${await freePort()}`;
  await children.service(name, 'simulate-meter', '--meter', id, '--tcp', endpoint);
  const text = `${id} on Modbus TCP ${endpoint}`;
  return { name, id, line: `tcp: ${endpoint}`, way: 'Modbus TCP', text };
}

/** On a pair of ttys where socat can make one; else the same frames over TCP. */
async function rtuMeter(
  children: Children,
  dir: string,
  { name, id }: Wanted,
): Promise<StartedMeter> {
  const socat = findProgram('socat');
  if (socat === undefined) {
    const endpoint = `127.0.0.1:${await freePort()}`;
    await children.service(name, 'simulate-meter', '--meter', id, '--rtu-tcp', endpoint);
    const text = `${id} on Modbus RTU framing over TCP ${endpoint} (socat is not installed)`;
    return { name, id, line: `rtuTcp: ${endpoint}`, way: 'RTU over TCP', text };
  }
  const [ours, theirs] = [join(dir, 'tty-gateway'), join(dir, 'tty-meter')];
  const words = ['-d', '-d', ...[ours, theirs].map((link) => `pty,raw,echo=0,link=${link}`)];
  await children.program('tty-pair', { file: socat, words }, (line) => line.includes('starting'));
  await children.service(name, 'simulate-meter', '--meter', id, '--serial', theirs);
  const text = `${id} on Modbus RTU, a pair of ttys at 9600 baud`;
  return { name, id, line: `serial: ${ours}`, way: 'RTU on a tty pair', text };
}

async function addMeters(config: string, meters: readonly StartedMeter[]): Promise<void> {
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace(/^lines: \[\]$/m, '').replace(/^meters: \[\]$/m, ''));
  const lines = meters.map(({ name, line }) => `  - name: ${name}\n    ${line}\n`);
  const readers = meters.map(
    ({ name, id }) => `  - name: ${name}\n    meter: ${id}\n    line: ${name}\n    unit: 1\n`,
  );
  await appendFile(config, `lines:\n${lines.join('')}meters:\n${readers.join('')}`);
}
