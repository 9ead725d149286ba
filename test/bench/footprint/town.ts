// SPDX-License-Identifier: Apache-2.0
// Three gateways with fifty meters each, read once a second, a broker and a centre: what a footprint
// is taken of. The gateways are the compiled program, as it is installed.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayStatus } from '../../../agent/status.ts';
import { type Child, type Children, freePort } from '../../demo/children.ts';
import { startBroker } from '../../demo/network.ts';
import {
  compileSlowDisk,
  type SlowDisk,
  slowDisk,
} from '../../system/harness/slow-disk/slow-disk.ts';
import { type Made, makeSite } from '../chain/site.ts';
import { install } from '../compiled.ts';

export const meter = 'eastron-sdm630';
export const metersEach = 50;
const names = ['cellar', 'school', 'bakery'];

export type Running = {
  readonly name: string;
  readonly pid: number;
  readonly disk: SlowDisk;
  readonly data: string;
  readonly status: () => Promise<GatewayStatus>;
};

/** Runs, connected and enrolled; `windowMs` is what makes a batch, and a block. */
export async function startTown(
  children: Children,
  dir: string,
  { windowMs }: { readonly windowMs: number },
): Promise<readonly Running[]> {
  const { url: mqttUrl } = await startBroker(children, dir);
  const centre = join(dir, 'dispatch');
  const centreApi = `http://127.0.0.1:${await freePort()}`;
  const words = ['--mqtt', mqttUrl, '--origin', 'bench.example/main'];
  const port = centreApi.split(':').at(-1) ?? '';
  await children.must('dispatch', 'init', '--dir', centre, ...words, '--http-port', port);
  await children.service('dispatch', 'dispatch', '--config', join(centre, 'dispatch.yaml'));
  const mainLog = join(centre, 'main-log.json');
  const { genesis, gateways } = await makeSite(children, { dir, names, mqttUrl, mainLog });
  const enrolment = ['--genesis', genesis, '--key', join(centre, 'dispatcher.key')];
  await children.must('dispatch', 'enrol', ...enrolment, '--api', centreApi);
  const library = compileSlowDisk(dir);
  const program = await install(dir);
  return Promise.all(
    gateways.map(async (made) => {
      await configure(made, await startMeters(children, made), windowMs);
      const disk = slowDisk(library, join(made.dir, 'disk'));
      return start(children, made, { disk, program });
    }),
  );
}

async function start(
  children: Children,
  made: Made,
  { disk, program }: { readonly disk: SlowDisk; readonly program: string },
): Promise<Running> {
  const { name, dir, config, apiPort } = made;
  const env = { ...process.env, ...disk.environment, LD_PRELOAD: disk.preload };
  const words = [program, 'run', '--config', config];
  const isReady = (line: string): boolean => line.startsWith('ready ');
  const command = { file: process.execPath, words, env };
  const child: Child = await children.program(name, command, isReady);
  return {
    name,
    pid: child.process.pid ?? 0,
    disk,
    data: join(dir, 'data'),
    status: async () => {
      const response = await fetch(`http://127.0.0.1:${apiPort}/api/v1/status`);
      return (await response.json()) as GatewayStatus;
    },
  };
}

/** @returns their ports. */
async function startMeters(children: Children, { name }: Made): Promise<readonly number[]> {
  const file = new URL('../bus/tcp-devices.ts', import.meta.url).pathname;
  const command = { file: process.execPath, words: [file, `${metersEach}`] };
  const isReady = (line: string): boolean => line.startsWith('ready ');
  const { ready } = await children.program(`${name}-meters`, command, isReady);
  return JSON.parse(ready.slice('ready '.length));
}

async function configure(
  { name, config }: Made,
  ports: readonly number[],
  windowMs: number,
): Promise<void> {
  const lines = ports.map((port, i) => `  - name: line-${i}\n    tcp: 127.0.0.1:${port}\n`);
  const meters = ports.map(
    (_, i) => `  - name: ${name}-${i}\n    meter: ${meter}\n    line: line-${i}\n`,
  );
  const text = (await readFile(config, 'utf8'))
    .replace(/^lines: \[\]$/m, `lines:\n${lines.join('')}`)
    .replace(/^meters: \[\]$/m, `meters:\n${meters.join('')}`);
  await writeFile(config, text.replace(/windowMs: \d+/, `windowMs: ${windowMs}`));
}
