// SPDX-License-Identifier: Apache-2.0
// Three gateways that keep one chain, over TLS on this machine's loopback, with all that they need
// around them; each a process that a test may kill, pause and start again.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { GatewayStatus } from '../../../agent/status.ts';
import { freePort } from '../../demo/children.ts';
import {
  addMeters,
  getJson,
  must,
  newBroker,
  newCentre,
  newMeters,
  tieline,
  tielineProgram,
} from './network.ts';
import type { Program } from './program.ts';
import { until } from './until.ts';

export type MemberGateway = {
  readonly name: string;
  /** Key id, in hex. */
  readonly keyId: string;
  readonly program: Program;
  readonly api: string;
  readonly dir: string;
  readonly config: string;
  readonly data: string;
};

export type Company = {
  readonly dir: string;
  readonly broker: Program;
  readonly centre: Program;
  readonly centreDir: string;
  readonly centreApi: string;
  readonly meters: readonly Program[];
  readonly gateways: readonly MemberGateway[];
  readonly chainId: string;
};

const names = ['cellar', 'school', 'bakery'];

/** Made and enrolled; broker, meters and centre run, the gateways do not yet. */
export async function newCompany(options: { readonly periodMs: number }): Promise<Company> {
  const dir = await mkdtemp(join(tmpdir(), 'tieline-company-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const { broker, mqttUrl } = await newBroker(dir);
  const [meters, centre] = await Promise.all([newMeters(names.length), newCentre(dir, mqttUrl)]);
  const made = await Promise.all(names.map((name) => newKey(join(dir, name), name)));
  const [founder, ...others] = made;
  if (founder === undefined) throw new Error('a chain has a member');
  const files = made.map(({ member }) => member).join(',');
  const common = ['--members', files, '--mqtt', mqttUrl, '--anchor-seconds', '1'];
  const genesis = join(founder.dir, 'genesis.cbor');
  const mainLog = join(centre.centreDir, 'main-log.json');
  const summaries = ['--window-seconds', '5', '--grace-seconds', '1'];
  await init(founder, ['--main-log', mainLog, ...summaries, ...common]);
  await Promise.all(others.map((one) => init(one, ['--genesis', genesis, ...common])));
  for (const [i, { name, config }] of made.entries()) {
    await addMeters(config, meters.slice(i, i + 1), options.periodMs);
    // A device has one reporter, and is known by the name of its meter here.
    const text = await readFile(config, 'utf8');
    await writeFile(config, text.replaceAll('meter-0', `${name}-meter`));
  }
  await must('dispatch', 'enrol', '--genesis', genesis, [
    ...['--key', join(centre.centreDir, 'dispatcher.key'), '--api', centre.centreApi],
  ]);
  const { chains } = (await getJson(`${centre.centreApi}/api/v1/chains`)) as Chains;
  return {
    dir,
    broker,
    ...centre,
    meters: meters.map(({ meter }) => meter),
    gateways: made,
    chainId: chains[0]?.id ?? '',
  };
}

type Chains = { readonly chains: readonly { readonly id: string }[] };
type Made = MemberGateway & { readonly member: string; readonly port: number };

async function newKey(dir: string, name: string): Promise<Made> {
  const listen = `127.0.0.1:${await freePort()}`;
  const words = ['--dir', dir, '--name', name, '--listen', listen, '--json'];
  const { code, out, errors } = await tieline('key', ...words);
  if (code !== 0) throw new Error(`tieline key: ${errors}`);
  const { keyId } = JSON.parse(out) as { readonly keyId: string };
  const member = join(dir, 'member.json');
  const config = join(dir, 'gateway.yaml');
  const port = await freePort();
  return {
    name,
    keyId,
    program: tielineProgram(name, 'run', '--config', config),
    api: `http://127.0.0.1:${port}`,
    dir,
    config,
    data: join(dir, 'data'),
    member,
    port,
  };
}

function init({ dir, port }: Made, words: readonly string[]): Promise<void> {
  return must('init', '--dir', dir, '--http-port', String(port), words);
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
export async function withoutMeters({ config }: MemberGateway): Promise<void> {
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace(/^lines:[\s\S]*/m, 'lines: []\nmeters: []\n'));
}

/** Has a gateway look for the broker where none is. */
export async function cutFromBroker({ config }: MemberGateway): Promise<void> {
  const nowhere = `url: mqtt://127.0.0.1:${await freePort()}`;
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace(/url: mqtt:\S+/, nowhere));
}
