// SPDX-License-Identifier: Apache-2.0
// Three gateways that keep one chain, over TLS on this machine's loopback, with all that they need
// around them; each a process that a test may kill, pause and start again.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { GatewayStatus } from '../../../agent/status.ts';
import { freePort } from '../../demo/children.ts';
import { type Founded, foundChain } from './founding.ts';
import { getJson, newBroker, newCentre, newMeters, tielineCommand } from './network.ts';
import { Program } from './program.ts';
import type { Restartable } from './restartable.ts';
import { until } from './until.ts';

export type MemberGateway = Founded & { readonly program: Restartable; readonly api: string };

export type Company = {
  readonly dir: string;
  readonly broker: Restartable;
  readonly mqttUrl: string;
  readonly centre: Restartable;
  readonly centreDir: string;
  readonly centreApi: string;
  readonly meters: readonly Restartable[];
  readonly gateways: readonly MemberGateway[];
  readonly chainId: string;
};

const names = ['cellar', 'school', 'bakery'];

/**
 * Made and enrolled; broker, meters and centre run, the gateways do not yet.
 * @param options.environment what each gateway's process finds in its environment besides.
 */
export async function newCompany(options: {
  readonly periodMs: number;
  readonly engineer?: string;
  readonly environment?: (dir: string, name: string) => Readonly<Record<string, string>>;
}): Promise<Company> {
  const dir = await mkdtemp(join(tmpdir(), 'tieline-company-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const { broker, mqttUrl } = await newBroker(dir);
  const [meters, centre] = await Promise.all([newMeters(names.length), newCentre(dir, mqttUrl)]);
  const seats = await Promise.all(
    meters.map(async (meter, i) => {
      const name = names[i] ?? '';
      const listen = `127.0.0.1:${await freePort()}`;
      return { name, dir: join(dir, name), listen, httpPort: await freePort(), meter };
    }),
  );
  const { chainId, gateways } = await foundChain(seats, { ...centre, mqttUrl }, options);
  return {
    dir,
    broker,
    mqttUrl,
    ...centre,
    meters: meters.map(({ meter }) => meter),
    gateways: gateways.map((made, i) => ({
      ...made,
      program: runProgram(made, options.environment?.(dir, made.name) ?? {}),
      api: `http://127.0.0.1:${seats[i]?.httpPort}`,
    })),
    chainId,
  };
}

function runProgram({ name, config }: Founded, environment: Readonly<Record<string, string>>) {
  const { file, words, ...command } = tielineCommand(name, 'run', '--config', config);
  const settings = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
  return new Program({ ...command, file: 'env', words: [...settings, file, ...words] });
}

export async function statusOf({ api }: MemberGateway): Promise<GatewayStatus> {
  return (await getJson(`${api}/api/v1/status`)) as GatewayStatus;
}

/** Waits until one of them leads. */
export function leaderOf(gateways: readonly MemberGateway[]): Promise<MemberGateway> {
  return until('a leader', async () => {
    for (const gateway of gateways) {
      const status = await statusOf(gateway).catch(() => undefined);
      if (status?.ledger.role === 'leader') return gateway;
    }
    return undefined;
  });
}

/** Waits until all hold the same blocks, with nothing on its way. @returns how many blocks. */
export function settled(gateways: readonly MemberGateway[]): Promise<number> {
  return until('the same blocks on all', async () => {
    const all = await Promise.all(gateways.map(statusOf));
    const [first] = all;
    const isEqual = all.every(
      ({ head, ledger }) =>
        head.size === first?.head.size &&
        head.root === first.head.root &&
        ledger.outbox.count === 0,
    );
    return isEqual ? first?.head.size : undefined;
  });
}

/** Has it read nothing from its next start on: what no meter answers is put on the chain, too. */
export async function withoutMeters({ config }: Pick<MemberGateway, 'config'>): Promise<void> {
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace(/^lines:[\s\S]*/m, 'lines: []\nmeters: []\n'));
}

/** Has a gateway look for the broker where none is. */
export async function cutFromBroker({ config }: MemberGateway): Promise<void> {
  const nowhere = `url: mqtt://127.0.0.1:${await freePort()}`;
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace(/url: mqtt:\S+/, nowhere));
}
