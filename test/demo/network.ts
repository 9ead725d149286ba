// SPDX-License-Identifier: Apache-2.0
// The demonstration's network: a broker, three meters, one dispatch node, three gateways; each a
// process of its own, on this machine's loopback alone.

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startConsortium, startOne } from './centre.ts';
import { type Children, freePort } from './children.ts';
import { type Gateway, type MeterLine, makeGateways } from './gateways.ts';

export type Network = {
  readonly broker: string;
  readonly dispatchApi: string;
  readonly gateways: readonly Gateway[];
  readonly chainId: string;
};

export type Tell = (hop: string, text: string) => void;

/** Where a program is, if it is installed. Debian keeps servers out of users' search paths. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

export async function startNetwork(
  children: Children,
  { dir, isConsortium }: { readonly dir: string; readonly isConsortium: boolean },
  tell: Tell,
): Promise<Network> {
  const { url: mqttUrl, kind: broker } = await startBroker(children, dir);
  tell('broker', `${broker} at ${mqttUrl}`);
  const meters = await startMeters(children, dir);
  for (const { text } of meters) tell('meter', text);

  const start = isConsortium ? startConsortium : startOne;
  const { api: dispatchApi, mainLog, personKey, told } = await start(children, { dir, mqttUrl });
  for (const line of told) tell('dispatch', line);

  const { gateways, genesis } = await makeGateways(children, { dir, mqttUrl, mainLog, meters });
  const enrolment = ['--genesis', genesis, '--key', personKey];
  await children.must('dispatch', 'enrol', ...enrolment, '--api', dispatchApi);
  const ready = await Promise.all(gateways.map((gateway) => gateway.start()));
  const [, , , , chainId = ''] = ready[0]?.split(' ') ?? [];
  for (const [i, { name }] of gateways.entries()) {
    tell('gateway', `${name}, key ${ready[i]?.split(' ')[2]}, reads ${meters[i]?.name}`);
  }
  const share = `together they keep the sidechain ${chainId.slice(0, 16)}…`;
  tell('gateways', `${share}, 2 of ${gateways.length} co-sign`);
  return { broker, dispatchApi, gateways, chainId };
}

export async function startBroker(
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

type StartedMeter = MeterLine & { readonly text: string };

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
  return { name, id, line: `tcp: ${endpoint}`, text };
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
    return { name, id, line: `rtuTcp: ${endpoint}`, text };
  }
  const [ours, theirs] = [join(dir, 'tty-gateway'), join(dir, 'tty-meter')];
  const words = ['-d', '-d', ...[ours, theirs].map((link) => `pty,raw,echo=0,link=${link}`)];
  await children.program('tty-pair', { file: socat, words }, (line) => line.includes('starting'));
  await children.service(name, 'simulate-meter', '--meter', id, '--serial', theirs);
  const text = `${id} on Modbus RTU, a pair of ttys at 9600 baud`;
  return { name, id, line: `serial: ${ours}`, text };
}
