// SPDX-License-Identifier: Apache-2.0
// Gateways that keep one chain, made by the commands that an operator uses, in a directory on a
// disk: /tmp may be memory.

import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Children, freePort } from '../../demo/children.ts';

export type Made = {
  readonly name: string;
  readonly dir: string;
  readonly config: string;
  readonly apiPort: number;
};

export type Site = { readonly genesis: string; readonly gateways: readonly Made[] };

/** `mainLog`: of a centre that is there, for gateways that are to reach it. */
export async function makeSite(
  children: Children,
  given: {
    readonly dir: string;
    readonly names: readonly string[];
    readonly mqttUrl?: string;
    readonly mainLog?: string;
  },
): Promise<Site> {
  const { dir, names } = given;
  const mqttUrl = given.mqttUrl ?? 'mqtt://127.0.0.1:1';
  const mainLog = given.mainLog ?? (await newMainLog(children, dir, mqttUrl));
  const gateways = await Promise.all(
    names.map(async (name) => {
      const own = join(dir, name);
      const listen = `127.0.0.1:${await freePort()}`;
      await children.must('key', '--dir', own, '--name', name, '--listen', listen);
      return { name, dir: own, config: join(own, 'gateway.yaml'), apiPort: await freePort() };
    }),
  );
  const members = gateways.map((one) => join(one.dir, 'member.json')).join(',');
  const common = ['--members', members, '--mqtt', mqttUrl];
  const [founder, ...others] = gateways;
  if (founder === undefined) throw new Error('a chain has a member');
  const init = (one: Made, ...words: readonly string[]): Promise<void> =>
    children.must('init', '--dir', one.dir, '--http-port', `${one.apiPort}`, ...common, ...words);
  const genesis = join(founder.dir, 'genesis.cbor');
  await init(founder, '--main-log', mainLog, '--policy', 'blame');
  await Promise.all(others.map((one) => init(one, '--genesis', genesis)));
  return { genesis, gateways };
}

async function newMainLog(children: Children, dir: string, mqttUrl: string): Promise<string> {
  const centre = join(dir, 'dispatch');
  const words = ['--mqtt', mqttUrl, '--origin', 'bench.example/main'];
  await children.must('dispatch', 'init', '--dir', centre, ...words);
  return join(centre, 'main-log.json');
}

/** Whatever happens in `work`, its processes end and its directory goes. */
export async function atSite<T>(work: (children: Children, dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp('/var/tmp/tieline-bench-');
  const children = new Children(dir);
  try {
    return await work(children, dir);
  } finally {
    await children.end();
    await rm(dir, { recursive: true, force: true });
  }
}
