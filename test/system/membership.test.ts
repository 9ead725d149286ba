// SPDX-License-Identifier: Apache-2.0
// Members that come and go, as real processes over TLS: a fourth gateway joins, is turned away until an
// engineer grants it, follows, is promoted; one of the first three is revoked; and the rest agree.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { MemberRow } from '../../agent/members-text.ts';
import { freePort } from '../demo/children.ts';
import { readChainRecord } from './harness/chain-record.ts';
import {
  type Company,
  type MemberGateway,
  newCompany,
  settled,
  statusOf,
  withoutMeters,
} from './harness/company.ts';
import { addMeter } from './harness/founding.ts';
import { getJson, newMeters, tieline, tielineCommand } from './harness/network.ts';
import { Program } from './harness/program.ts';
import { until } from './harness/until.ts';

type Engineer = { readonly key: string; readonly engineer: string };

async function newEngineer(): Promise<Engineer> {
  const dir = await mkdtemp(join(tmpdir(), 'tieline-engineer-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const key = join(dir, 'eve.key');
  const { out } = await tieline('key', '--person', 'eve', '--out', key, '--json');
  const { publicKey } = JSON.parse(out) as { readonly publicKey: string };
  return { key, engineer: `eve=${publicKey}` };
}

/** Where the gateways of a company listen, as `join` wants it. */
async function addressesOf({ gateways }: Company): Promise<readonly string[]> {
  const words = gateways.map(async ({ name, dir }) => {
    const text = await readFile(join(dir, 'member.json'), 'utf8');
    const { address } = JSON.parse(text) as { readonly address: string };
    return ['--member', `${name}=${address}`];
  });
  return (await Promise.all(words)).flat();
}

async function newcomer(company: Company, name: string): Promise<MemberGateway> {
  const dir = join(company.dir, name);
  const port = await freePort();
  const [founder] = company.gateways;
  const words = [
    ...['join', '--dir', dir, '--name', name, '--http-port', String(port)],
    ...['--genesis', join(founder?.dir ?? '', 'genesis.cbor'), '--mqtt', company.mqttUrl],
    ...['--listen', `127.0.0.1:${await freePort()}`, ...(await addressesOf(company))],
  ];
  return {
    name,
    keyId: '',
    program: new Program(tielineCommand(name, ...words)),
    api: `http://127.0.0.1:${port}`,
    dir,
    config: join(dir, 'gateway.yaml'),
    data: join(dir, 'data'),
  };
}

async function membersAt({ config }: MemberGateway): Promise<readonly MemberRow[]> {
  const { out } = await tieline('members', '--config', config, '--json');
  return (JSON.parse(out) as { readonly members: readonly MemberRow[] }).members;
}

function change(at: MemberGateway, { key }: Engineer, ...words: readonly string[]) {
  const [what = '', ...rest] = words;
  return tieline('members', what, '--config', at.config, '--key', key, ...rest);
}

test('a fourth joins and votes, one of the first is revoked, and the rest agree', async () => {
  const eve = await newEngineer();
  const company = await newCompany({ periodMs: 500, engineer: eve.engineer });
  const [cellar, school, bakery] = company.gateways;
  if (cellar === undefined || school === undefined || bakery === undefined)
    throw new Error('three');
  await Promise.all(company.gateways.map(({ program }) => program.start()));
  const attic = await newcomer(company, 'attic');
  attic.program.launch();
  await until('a stranger', async () => cellar.program.events('stranger-refused')[0]);
  expect(attic.program.said).toContain('waiting   until an engineer grants it');
  const publicKey = /^key {7}([0-9a-f]{64})$/m.exec(attic.program.said)?.[1] ?? '';
  const words = ['--public-key', publicKey, '--name', 'attic'];

  const stolen = await newEngineer();
  expect(await change(cellar, stolen, 'grant', ...words)).toMatchObject({ code: 1 });
  const granted = await change(school, eve, 'grant', ...words);
  expect(granted.errors).toBe('');
  expect(granted.out).toMatch(/^granted at block \d+: attic/);
  const twice = await change(school, eve, 'grant', ...words);
  expect(twice).toMatchObject({ code: 1, errors: expect.stringContaining('key-taken') });
  await attic.program.ready();
  expect(attic.program.events('peer-refused'), 'nobody did wrong').toEqual([]);

  await until('a promotion', async () => {
    const { code } = await change(bakery, eve, 'promote', '--member', 'attic');
    return code === 0 || undefined;
  });
  await until('a fourth vote', async () => {
    const roles = (await membersAt(attic)).map(({ raftRole }) => raftRole);
    return roles.join() === 'voter,voter,voter,voter' || undefined;
  });

  const revoked = await change(attic, eve, 'revoke', '--member', 'school');
  expect(revoked.out).toMatch(/^revoked at block \d+: school/);
  const said = await until('its end', async () => {
    const { out } = await tieline('status', '--config', school.config);
    return out.includes('REVOKED') ? out : undefined;
  });
  expect(said).toMatch(/^REVOKED {3}at block \d+ by eve/m);
  const rest = [cellar, bakery, attic];
  await until('three that vote', async () => {
    const members = await membersAt(attic);
    const gone = members.find(({ name }) => name === 'school');
    return gone?.raftRole === 'none' &&
      members.every(({ revoked: end, raftRole }) =>
        end === undefined ? raftRole === 'voter' : true,
      )
      ? true
      : undefined;
  });

  await expectCentreToFollow(company, rest);
  await expectProofsOfNewcomer(company, attic);

  await finish(company, rest);
  for (const { data } of [...rest, school]) {
    const audit = await tieline('chain', 'verify', '--data', data);
    expect(audit, audit.out + audit.errors).toMatchObject({ code: 0 });
  }
  const records = await Promise.all(rest.map(({ data }) => readChainRecord(data)));
  // One may have had a moment for an empty block after another was ended.
  for (const { batches, gaps, refused } of records) {
    expect({ batches, gaps, refused }).toEqual({
      batches: records[0]?.batches,
      gaps: records[0]?.gaps,
      refused: records[0]?.refused,
    });
  }
});

type ChainAtCentre = {
  readonly membershipVersion: number;
  readonly members: readonly { readonly name: string; readonly role: string }[];
  readonly anchored: { readonly size: number } | null;
};

/** It has noted all changes, and takes what the members sign from then on. */
async function expectCentreToFollow(
  { centreApi, chainId }: Company,
  gateways: readonly MemberGateway[],
): Promise<void> {
  const ask = async () => (await getJson(`${centreApi}/api/v1/chains/${chainId}`)) as ChainAtCentre;
  const noted = await until('the changes at the centre', async () => {
    const chain = await ask();
    return chain.membershipVersion === 3 ? chain : undefined;
  });
  const members = ['cellar', 'bakery', 'attic'].map((name) => ({ name, role: 'voter' }));
  expect(noted.members).toMatchObject(members);
  const sizes = await Promise.all(
    gateways.map(async (gateway) => (await statusOf(gateway)).head.size),
  );
  await until('receipts from then on', async () => {
    const all = await Promise.all(gateways.map(statusOf));
    return all.every(({ ledger }, i) => ledger.receiptSize > (sizes[i] ?? 0)) || undefined;
  });
  const waiting = await until('nothing on its way', async () => {
    const { uplink } = (await Promise.all(gateways.map(statusOf))).find(
      (status) => status.uplink.anchor.onDuty,
    ) ?? { uplink: undefined };
    return uplink?.membershipWaiting === 0 ? uplink : undefined;
  });
  expect(waiting.membershipRefusal).toBe(undefined);
}

/** Of a reading, from its own disk and another's; of a summary, from the centre. */
async function expectProofsOfNewcomer(company: Company, attic: MemberGateway): Promise<void> {
  const { dir, chainId, centreApi } = company;
  const [meter] = await newMeters(1);
  if (meter === undefined) throw new Error('a meter');
  await addMeter({ ...attic, meter }, 500);
  const reloaded = await tieline('reload', '--config', attic.config);
  expect(reloaded, reloaded.errors).toMatchObject({ code: 0 });
  const { gateway } = await statusOf(attic);
  const proof = join(dir, 'newcomer.proof');
  for (const { data } of [attic, ...company.gateways.slice(0, 1)]) {
    await until('a proof', async () => {
      const words = ['--data', data, '--reading', `${gateway}-1-0`, '--out', proof];
      return (await tieline('proof', ...words)).code === 0 || undefined;
    });
    const verified = await tieline('verify', proof, '--keys', `${proof}.keys`);
    expect(verified, verified.out).toMatchObject({ code: 0 });
    expect(verified.out).toContain('signed by attic');
  }
  const path = await until('a summary', async () => {
    const url = `${centreApi}/api/v1/chains/${chainId}/summaries?limit=1000`;
    const { summaries } = (await getJson(url)) as Summaries;
    return summaries.find(({ device }) => device.includes('attic-meter'))?.proof;
  });
  const bundle = await fetch(`${centreApi}${path}`);
  await writeFile(`${dir}/summary.proof`, new Uint8Array(await bundle.arrayBuffer()));
  const verified = await tieline('verify', `${dir}/summary.proof`, '--keys', `${proof}.keys`);
  expect(verified, verified.out).toMatchObject({ code: 0 });
}

type Summaries = {
  readonly summaries: readonly { readonly device: string; readonly proof: string }[];
};

/** Ends them so that all that was signed is on all. */
async function finish(company: Company, gateways: readonly MemberGateway[]): Promise<void> {
  await company.centre.stop();
  for (const { program } of [...gateways, ...company.gateways]) {
    if (program.isRunning) await program.stop();
  }
  await Promise.all(gateways.map(withoutMeters));
  await Promise.all(gateways.map(({ program }) => program.start()));
  await settled(gateways);
  expect((await statusOf(gateways[0] as MemberGateway)).ledger.membership.version).toBe(3);
  const ended = await Promise.all(gateways.map(({ program }) => program.stop()));
  for (const one of ended) expect(one).toMatchObject({ code: 0 });
}
