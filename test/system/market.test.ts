// SPDX-License-Identifier: Apache-2.0
// A trade over everything that is real: one main log, two organisations with two chains each, a third that
// is shown nothing, a regulator that is shown all; and a centre that is killed in the middle of it.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import type { Role } from '../../dispatch/api/rights.ts';
import { makeToken } from '../../dispatch/tokens.ts';
import { createKeyFile } from '../../host/key-file.ts';
import { freePort } from '../demo/children.ts';
import {
  addMeters,
  must,
  newBroker,
  newMeters,
  tieline,
  tielineCommand,
} from './harness/network.ts';
import { Program } from './harness/program.ts';
import type { Restartable } from './harness/restartable.ts';
import { until } from './harness/until.ts';

type Said = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly status?: string;
  readonly reason?: string;
  readonly logIndex: number;
  readonly body?: string;
};

type Slave = {
  readonly name: string;
  readonly chain: string;
  readonly key: string;
  readonly api: string;
  readonly program: Restartable;
};

let dir = '';
let api = '';
let centre: Restartable;
const at = (...words: string[]): string => join(dir, ...words);

/** A market of three organisations and a regulator, by one vote. */
async function foundMarket(): Promise<void> {
  const people = [
    ['grid', 'market'],
    ['solar', 'market'],
    ['solar', 'dispatch'],
    ['rival', 'market'],
    ['agency', 'regulator'],
  ] as const;
  const persons = [];
  for (const [organisation, role] of people) {
    const name = `${organisation}-${role}`;
    const { publicKey, keyId } = await createKeyFile(at(`${name}.key`));
    const keys = { keyId: toHex(keyId), publicKey: toHex(publicKey) };
    persons.push({ kind: 'person', ...keys, name, roles: [role], organisation });
  }
  const changes = [
    ...[
      ['solar', ['dispatch', 'local', 'market']],
      ['rival', ['market']],
      ['agency', ['regulator']],
    ].map(([name, roles]) => ({ kind: 'organisation', name, roles, governanceKey: null })),
    ...persons,
  ];
  await writeFile(at('changes.json'), JSON.stringify(changes));
  await must('dispatch', 'govern', 'propose', '--changes', at('changes.json'), [
    ...['--reason', 'a market', '--key', at('centre', 'governance.key')],
    ...['--main-log', at('centre', 'main-log.json'), '--api', api],
  ]);
}

/** A gateway that keeps a chain of its own, enrolled by this person. */
async function newSlave(name: string, by: string, mqttUrl: string): Promise<Slave> {
  const port = await freePort();
  await must('init', '--dir', at(name), '--main-log', at('centre', 'main-log.json'), [
    ...['--mqtt', mqttUrl, '--http-port', String(port), '--anchor-seconds', '1'],
    ...['--window-seconds', '5', '--grace-seconds', '1', '--name', name],
  ]);
  const enrolled = await tieline(
    'dispatch',
    'enrol',
    '--genesis',
    at(name, 'genesis.cbor'),
    ...[...['--key', by, '--api', api, '--name', name, '--json']],
  );
  expect(enrolled, enrolled.errors).toMatchObject({ code: 0 });
  const chain = /[0-9a-f]{64}/.exec(enrolled.out)?.[0] ?? '';
  const command = tielineCommand(name, 'run', '--config', at(name, 'gateway.yaml'));
  const program = new Program(command);
  const key = at(name, 'data', 'gateway.key');
  return { name, chain, key, api: `http://127.0.0.1:${port}`, program };
}

async function newToken(role: Role, name: string, chains: readonly string[] = []): Promise<string> {
  const wanted = { role, name, chains, devices: [], days: undefined };
  const { text } = await makeToken(at('centre', 'tokens.json'), wanted);
  await writeFile(at(`${name}.token`), `${text}\n`, { mode: 0o600 });
  return text;
}

const known = (name: string) => [
  ...['--main-log', at('centre', 'main-log.json'), '--api', api],
  ...['--token-file', at(`${name}.token`), '--json'],
];

/** Says something as this person or gateway. */
async function say(name: string, key: string, ...words: readonly string[]): Promise<Said> {
  const queue = at(`${name}.queue`);
  const run = await tieline('market', ...words, '--key', key, '--queue', queue, ...known(name));
  if (run.out === '') throw new Error(`market ${words.join(' ')}: ${run.errors}`);
  return JSON.parse(run.out) as Said;
}

/** As a person, whose key has the name of the token. */
const sayAs = (name: string, ...words: readonly string[]) => say(name, at(`${name}.key`), ...words);

/** What this token is shown, and what the key opens of it. */
async function list(name: string, key: string): Promise<readonly Said[]> {
  const run = await tieline('market', 'list', '--key', key, ...known(name));
  expect(run, run.errors).toMatchObject({ code: 0 });
  return run.out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Said);
}

const bodies = (said: readonly Said[]) => said.flatMap(({ body }) => body ?? []);

async function bodyFile(text: string): Promise<string> {
  const path = at(`body-${text.length}.txt`);
  await writeFile(path, text);
  return path;
}

async function sizeOf({ api: url }: Slave): Promise<number> {
  const status = (await (await fetch(`${url}/api/v1/status`)).json()) as { head: { size: number } };
  return status.head.size;
}

const solarDispatcher = () => at('solar-dispatch.key');
const to = (...names: string[]) => names.flatMap((name) => ['--to', name]);
const terms = '120 kW at noon for 79.50 EUR/MWh';

/** @returns the URL of the broker. */
async function foundLog(): Promise<string> {
  dir = await mkdtemp(join(tmpdir(), 'tieline-market-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const { mqttUrl } = await newBroker(dir);
  const port = String(await freePort());
  api = `http://127.0.0.1:${port}`;
  await must('dispatch', 'init', '--dir', at('centre'), '--origin', 'system.example/market', [
    ...['--organisation', 'grid', '--trade-window', '5', '--mqtt', mqttUrl, '--http-port', port],
  ]);
  const run = ['dispatch', '--config', at('centre', 'dispatch.yaml')];
  centre = new Program(tielineCommand('centre', ...run));
  await centre.start();
  await foundMarket();
  return mqttUrl;
}

type Slaves = Readonly<Record<'grid1' | 'solar1' | 'solar2', Slave>>;

/** Two chains of each, and tokens for all. */
async function foundSlaves(mqttUrl: string): Promise<Slaves> {
  const made: Slave[] = [];
  for (const name of ['grid-1', 'grid-2', 'solar-1', 'solar-2']) {
    const by = name.startsWith('grid') ? at('centre', 'dispatcher.key') : solarDispatcher();
    made.push(await newSlave(name, by, mqttUrl));
  }
  await addMeters(at('solar-2', 'gateway.yaml'), await newMeters(1), 500);
  for (const { program } of made) await program.start();
  for (const name of ['grid-market', 'solar-market', 'rival-market'])
    await newToken('market', name);
  await newToken('regulator', 'agency-regulator');
  await newToken('dispatch-centre', 'dispatch');
  for (const { name, chain } of made) await newToken('sidechain', name, [chain]);
  const [grid1, , solar1, solar2] = made as [Slave, Slave, Slave, Slave];
  return { grid1, solar1, solar2 };
}

/** Demands of a window, and its totals on the log. */
async function demandsAreGathered({ solar1 }: Slaves): Promise<void> {
  const delivery = ['--from', '2027-01-01T12:00:00Z', '--to', '2027-01-01T13:00:00Z'];
  const demand = ['demand', '--energy', '60000', ...delivery];
  const ordinary = ['--class', 'ordinary-supply', '--direction', 'buy', '--price', '79.50'];
  expect(await sayAs('grid-market', ...demand, ...ordinary)).toMatchObject({ status: 'taken' });
  const own = ['--class', 'auxiliary-service', '--direction', 'sell', '--chain', solar1.chain];
  expect(await say('solar-1', solar1.key, ...demand, ...own)).toMatchObject({ status: 'taken' });
  const windows = await until('windows that are over', async () => {
    const shown = await tieline('market', 'windows', ...known('grid-market').slice(2));
    const all = shown.out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const counted = all.flatMap(({ totals }) => totals as { count: number; buyWh: number }[]);
    return counted.reduce((sum, { count }) => sum + count, 0) === 2 ? counted : undefined;
  });
  expect(windows.reduce((sum, { buyWh }) => sum + buyWh, 0)).toBe(60_000);
}

/** a offers to b alone. */
async function offerIsForOneAlone(): Promise<string> {
  const offerFile = ['--file', await bodyFile(terms)];
  const offer = await sayAs(
    'grid-market',
    'offer',
    '--title',
    'noon',
    ...offerFile,
    ...to('solar'),
  );
  expect(offer).toMatchObject({ status: 'taken' });
  expect(bodies(await list('solar-market', at('solar-market.key')))).toEqual([terms]);
  expect(bodies(await list('rival-market', at('rival-market.key')))).toEqual([]);
  expect(bodies(await list('solar-market', at('rival-market.key')))).toEqual([]);
  for (const name of ['ledger.sqlite', 'ledger.sqlite-wal']) {
    const stored = await readFile(at('centre', name)).catch(() => Buffer.alloc(0));
    expect(stored.includes(terms)).toBe(false);
  }
  return offer.id;
}

/** b tells its chains, and them alone. */
async function broadcastInside({ grid1, solar1, solar2 }: Slaves, offer: string): Promise<string> {
  const inside = 'who can give 60 kW at noon?';
  const chains = [solar1, solar2].flatMap(({ chain }) => ['--to-chain', chain]);
  const notice = await sayAs(
    ...(['solar-market', 'offer', '--title', 'noon', '--answers', offer] as const),
    ...['--file', await bodyFile(inside), ...chains],
  );
  expect(notice).toMatchObject({ status: 'taken' });
  expect(bodies(await list('solar-1', solar1.key))).toEqual([inside]);
  expect(bodies(await list('solar-2', solar2.key))).toEqual([inside]);
  expect(await list('grid-1', grid1.key)).toEqual([]);
  return notice.id;
}

/** Its gateways answer: one now, one while the centre is dead. */
async function slavesAnswer({ solar1, solar2 }: Slaves, notice: string): Promise<void> {
  const feedback = async (slave: Slave, text: string, organisation = 'solar') =>
    say(
      slave.name,
      slave.key,
      ...['offer', '--title', 'can', '--answers', notice],
      ...[...['--chain', slave.chain, '--file', await bodyFile(text), ...to(organisation)]],
    );
  expect(await feedback(solar1, 'I give 60 kW.')).toMatchObject({ status: 'taken' });
  expect(await feedback(solar2, 'I give nothing yet')).toMatchObject({ status: 'taken' });
  // It does not even learn whose keys that would be sealed for.
  const foreign = feedback(solar1, 'to somebody else', 'grid');
  await expect(foreign).rejects.toThrow('the token `solar-1` is for other chains');
  await centre.kill();
  const before = await sizeOf(solar2);
  expect(await feedback(solar2, 'I give 60 kW after all.')).toMatchObject({ status: 'waits' });
  await until(
    'blocks without a centre',
    async () => (await sizeOf(solar2)) > before + 3 || undefined,
  );
  await centre.start();
  const queue = ['--queue', at('solar-2.queue'), ...known('solar-2')];
  const sent = await tieline('market', 'send', ...queue);
  expect(sent, sent.errors).toMatchObject({ code: 0 });
  const told = bodies(await list('solar-market', at('solar-market.key')));
  expect(told).toContain('I give 60 kW after all.');
  expect(told).toContain('I give 60 kW.');
}

/** b answers a; both sign; and only then chains do something. */
async function twoConclude({ grid1, solar1, solar2 }: Slaves, offer: string): Promise<void> {
  const answerFile = ['--file', await bodyFile('120 kW, two chains, agreed.')];
  const answer = await sayAs(
    ...(['solar-market', 'offer', '--title', 'noon', '--answers', offer] as const),
    ...[...answerFile, ...to('grid')],
  );
  const agree = (who: string) => sayAs(who, 'agree', '--answer', answer.id);
  const execute = (key: string, { chain }: Slave) =>
    say(
      'dispatch',
      key,
      ...['execute', '--answer', answer.id, '--chain', chain],
      ...[...['--text', '60 kW from 12:00']],
    );
  expect(await agree('solar-market')).toMatchObject({ status: 'taken' });
  expect(await execute(solarDispatcher(), solar1)).toMatchObject({
    reason: expect.stringMatching(/^not-concluded/),
  });
  expect(await agree('rival-market')).toMatchObject({ reason: expect.stringMatching(/^party/) });
  expect(await agree('grid-market')).toMatchObject({ status: 'taken' });
  for (const slave of [solar1, solar2]) {
    expect(await execute(solarDispatcher(), slave)).toMatchObject({ status: 'taken' });
  }
  expect(await execute(solarDispatcher(), grid1)).toMatchObject({
    reason: expect.stringMatching(/^chain/),
  });
}

/** The regulator opened all of it, and puts nothing there. */
async function regulatorSeesAll(): Promise<void> {
  const seen = await list('agency-regulator', at('agency-regulator.key'));
  expect(seen.map(({ kind }) => kind)).toEqual([
    ...['demand', 'demand', 'asset', 'asset', 'asset', 'asset', 'asset', 'asset'],
    ...['agreement', 'agreement', 'execution', 'execution'],
  ]);
  expect(bodies(seen)).toHaveLength(6);
  const words = ['--title', 'x', '--file', await bodyFile(terms), ...to('grid')];
  const written = await tieline(
    'market',
    'offer',
    ...words,
    ...[...['--key', at('agency-regulator.key'), '--queue', at('q')], ...known('agency-regulator')],
  );
  expect(written.out).toContain('waits');
  const asMarket = ['--queue', at('q'), ...known('grid-market')];
  expect((await tieline('market', 'send', ...asMarket)).out).toContain('role: ');
}

/** A gateway has no other door. */
async function gatewayHasNoOtherDoor({ grid1 }: Slaves): Promise<void> {
  const token = (await readFile(at('solar-1.token'), 'utf8')).trim();
  const headers = { authorization: `Bearer ${token}` };
  const doors = ['registry', 'records', 'log', 'proposals', `chains/${grid1.chain}`, 'events'];
  for (const door of doors) {
    expect([door, (await fetch(`${api}/api/v1/${door}`, { headers })).status]).toEqual([door, 403]);
  }
}

/** And a mirror counts and judges all of it again. */
async function mirrorJudgesAll(): Promise<void> {
  const mirror = await tieline(
    'mirror',
    '--once',
    '--data',
    at('copy'),
    ...[
      ...['--main-log', at('centre', 'main-log.json'), '--api', api],
      ...['--token-file', at('agency-regulator.token')],
    ],
  );
  expect(mirror, mirror.out + mirror.errors).toMatchObject({ code: 0 });
}

test('offer, broadcast, feedback, answer, conclusion, execution', async () => {
  const slaves = await foundSlaves(await foundLog());
  await demandsAreGathered(slaves);
  const offer = await offerIsForOneAlone();
  const notice = await broadcastInside(slaves, offer);
  await slavesAnswer(slaves, notice);
  await twoConclude(slaves, offer);
  await regulatorSeesAll();
  await gatewayHasNoOtherDoor(slaves);
  await mirrorJudgesAll();
});
