// SPDX-License-Identifier: Apache-2.0
// A chain of several gateways, made and enrolled as its owners would do it: keys first, then the genesis of
// all, then the others' copies of it, then their meters.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addMeters, getJson, type Meter, must, tieline } from './network.ts';

/** Where a gateway is to be. */
export type Seat = {
  readonly name: string;
  readonly dir: string;
  /** `host:port` for the other members. */
  readonly listen: string;
  readonly httpPort: number;
  readonly meter: Pick<Meter, 'endpoint'>;
};

export type Founded = Pick<Seat, 'name' | 'dir'> & {
  /** Key id, in hex. */
  readonly keyId: string;
  readonly config: string;
  readonly data: string;
};

export type Centre = {
  readonly mqttUrl: string;
  readonly centreDir: string;
  readonly centreApi: string;
};

/**
 * @param options.engineer `NAME=PUBLICKEY` of whoever may change the members.
 * @returns the gateways in the order of their seats; the first has made the genesis.
 */
export async function foundChain(
  seats: readonly Seat[],
  centre: Centre,
  options: { readonly periodMs: number; readonly engineer?: string },
): Promise<{ readonly chainId: string; readonly gateways: readonly Founded[] }> {
  const keyIds = await Promise.all(seats.map(newKey));
  const [founder, ...others] = seats;
  if (founder === undefined) throw new Error('a chain has a member');
  const files = seats.map(({ dir }) => join(dir, 'member.json')).join(',');
  const common = ['--members', files, '--mqtt', centre.mqttUrl, '--anchor-seconds', '1'];
  const genesis = join(founder.dir, 'genesis.cbor');
  const mainLog = join(centre.centreDir, 'main-log.json');
  const summaries = ['--window-seconds', '5', '--grace-seconds', '1'];
  const engineer = options.engineer === undefined ? [] : ['--engineer', options.engineer];
  await init(founder, ['--main-log', mainLog, ...engineer, ...summaries, ...common]);
  await Promise.all(others.map((one) => init(one, ['--genesis', genesis, ...common])));
  for (const seat of seats) await addMeter(seat, options.periodMs);
  await must('dispatch', 'enrol', '--genesis', genesis, [
    ...['--key', join(centre.centreDir, 'dispatcher.key'), '--api', centre.centreApi],
  ]);
  const { chains } = (await getJson(`${centre.centreApi}/api/v1/chains`)) as Chains;
  const gateways = seats.map(({ name, dir }, i) => ({
    name,
    dir,
    keyId: keyIds[i] ?? '',
    config: configOf(dir),
    data: join(dir, 'data'),
  }));
  return { chainId: chains[0]?.id ?? '', gateways };
}

type Chains = { readonly chains: readonly { readonly id: string }[] };

function configOf(dir: string): string {
  return join(dir, 'gateway.yaml');
}

async function newKey({ dir, name, listen }: Seat): Promise<string> {
  const words = ['--dir', dir, '--name', name, '--listen', listen, '--json'];
  const { code, out, errors } = await tieline('key', ...words);
  if (code !== 0) throw new Error(`tieline key: ${errors}`);
  return (JSON.parse(out) as { readonly keyId: string }).keyId;
}

function init({ dir, httpPort }: Seat, words: readonly string[]): Promise<void> {
  return must('init', '--dir', dir, '--http-port', String(httpPort), words);
}

/** A device has one reporter, and is known by the name of its meter here. */
export async function addMeter(
  { dir, name, meter }: Pick<Seat, 'dir' | 'name' | 'meter'>,
  periodMs: number,
): Promise<void> {
  const config = configOf(dir);
  await addMeters(config, [meter], periodMs);
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replaceAll('meter-0', `${name}-meter`));
}
