// SPDX-License-Identifier: Apache-2.0
// Who keeps the demonstration's main log: one organisation in one process, or four that do not
// trust each other, each with a node and an engine of its own.

import { join } from 'node:path';
import { findEngine } from '../../dispatch/ordering/consortium/engine-process.ts';
import { type Children, freePort, freePorts } from './children.ts';

export type Centre = {
  /** Of a node; any of them will do. */
  readonly api: string;
  /** What gateways pin. */
  readonly mainLog: string;
  /** Of a person who may enrol chains. */
  readonly personKey: string;
  /** For people: what runs there now. */
  readonly told: readonly string[];
};

type Place = { readonly dir: string; readonly mqttUrl: string };

const origin = 'demo.example/main';
const organisations = 4;

export async function startOne(children: Children, { dir, mqttUrl }: Place): Promise<Centre> {
  const port = await freePort();
  const centre = join(dir, 'dispatch');
  const words = ['--mqtt', mqttUrl, '--origin', origin, '--http-port', String(port)];
  await children.must('dispatch', 'init', '--dir', centre, ...words);
  const config = join(centre, 'dispatch.yaml');
  const { ready } = await children.service('dispatch', 'dispatch', '--config', config);
  const told = [ready.replace('ready dispatch ', 'main log ')];
  return centreIn(centre, `http://127.0.0.1:${port}`, told);
}

/** @throws TielineError `engine-missing`, `engine-version` */
export async function startConsortium(
  children: Children,
  { dir, mqttUrl }: Place,
): Promise<Centre> {
  const engine = findEngine('cometbft');
  const [httpPort, enginePort] = [await freePorts(organisations), await freePorts(organisations)];
  const centre = join(dir, 'consortium');
  await children.must(
    ...['dispatch', 'init', '--organisations', String(organisations), '--dir', centre],
    ...['--mqtt', mqttUrl, '--origin', origin, '--engine', engine],
    ...['--http-port', String(httpPort), '--engine-port', String(enginePort)],
  );
  const names = Array.from({ length: organisations }, (_, i) => `organisation-${i + 1}`);
  const nodes = await Promise.all(
    names.map((name) =>
      children.service(name, 'dispatch', '--config', join(centre, name, 'dispatch.yaml')),
    ),
  );
  // `ready dispatch ORIGIN log ID api URL`, and one log for all.
  const said = nodes.map(({ ready }) => ready.split(' '));
  const told = [
    `main log ${said[0]?.slice(2, 5).join(' ')}`,
    ...names.map((name, i) => `${name}, node and engine, api ${said[i]?.[6]}`),
    'four organisations keep the log; three must sign a receipt',
  ];
  return centreIn(join(centre, names[0] ?? ''), `http://127.0.0.1:${httpPort}`, told);
}

function centreIn(dir: string, api: string, told: readonly string[]): Centre {
  const [mainLog, personKey] = [join(dir, 'main-log.json'), join(dir, 'dispatcher.key')];
  return { api, mainLog, personKey, told };
}
