// SPDX-License-Identifier: Apache-2.0
// Gateways of a running chain get new keys, as real processes over TLS: the one that leads, and one that is
// killed while it changes. Both go on with the copies that they have; members and centre follow.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readChainRecord } from './harness/chain-record.ts';
import {
  type Company,
  leaderOf,
  type MemberGateway,
  newCompany,
  settled,
  statusOf,
  withoutMeters,
} from './harness/company.ts';
import { getJson, tieline } from './harness/network.ts';
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

/** @returns the key id that it goes on with. */
async function rotated({ config }: MemberGateway, { key }: Engineer): Promise<string> {
  const { code, out, errors } = await tieline(
    ...['members', 'rotate', '--config', config, '--key', key, '--json'],
  );
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  return (JSON.parse(out) as { readonly keyId: string }).keyId;
}

async function untilItIs(gateway: MemberGateway, keyId: string): Promise<void> {
  await until('it goes on under the new key, and votes', async () => {
    const status = await statusOf(gateway).catch(() => undefined);
    if (status?.gateway !== keyId) return undefined;
    const { members } = status.ledger.membership;
    const active = members.filter(({ revoked }) => revoked === undefined);
    return active.every(({ raftRole }) => raftRole === 'voter') || undefined;
  });
}

async function expectCentreToFollow({ centreApi, chainId, gateways }: Company): Promise<void> {
  const url = `${centreApi}/api/v1/chains/${chainId}`;
  await until('the changes at the centre', async () => {
    const { membershipVersion } = (await getJson(url)) as { readonly membershipVersion: number };
    return membershipVersion === 2 || undefined;
  });
  const sizes = await Promise.all(gateways.map(async (one) => (await statusOf(one)).head.size));
  await until('receipts from then on', async () => {
    const all = await Promise.all(gateways.map(statusOf));
    return all.every(({ ledger }, i) => ledger.receiptSize > (sizes[i] ?? 0)) || undefined;
  });
}

test('the leader and one that is killed on the way go on under new keys', async () => {
  const eve = await newEngineer();
  const company = await newCompany({ periodMs: 500, engineer: eve.engineer });
  const { gateways, dir } = company;
  await Promise.all(gateways.map(({ program }) => program.start()));
  await until(
    'readings',
    async () => (await statusOf(gateways[0] as MemberGateway)).ledger.height > 2 || undefined,
  );

  const first = await leaderOf(gateways);
  const firstKey = await rotated(first, eve);
  await untilItIs(first, firstKey);
  expect(firstKey).not.toBe(first.keyId);

  const second = gateways.find((one) => one !== first) as MemberGateway;
  const secondKey = await rotated(second, eve);
  await second.program.kill();
  await second.program.start();
  await untilItIs(second, secondKey);
  await expectCentreToFollow(company);

  const proof = join(dir, 'rotated.proof');
  await until('a proof by the new key', async () => {
    const words = ['--data', first.data, '--reading', `${firstKey}-1-0`, '--out', proof];
    return (await tieline('proof', ...words)).code === 0 || undefined;
  });
  const verified = await tieline('verify', proof, '--keys', `${proof}.keys`);
  expect(verified, verified.out).toMatchObject({ code: 0 });

  await company.centre.stop();
  for (const { program } of gateways) await program.stop();
  await Promise.all(gateways.map(withoutMeters));
  await Promise.all(gateways.map(({ program }) => program.start()));
  await settled(gateways);
  await Promise.all(gateways.map(({ program }) => program.stop()));
  const records = await Promise.all(gateways.map(({ data }) => readChainRecord(data)));
  for (const { data } of gateways) {
    const audit = await tieline('chain', 'verify', '--data', data);
    expect(audit, audit.out + audit.errors).toMatchObject({ code: 0 });
  }
  // All that the old keys have numbered is there, and what was read from then on is under the new ones.
  for (const { batches } of records) {
    expect(batches).toEqual(records[0]?.batches);
    for (const keyId of [first.keyId, firstKey, second.keyId, secondKey]) {
      const numbers = batches.filter(({ gateway }) => gateway === keyId).map((one) => one.sequence);
      expect(numbers.length).toBeGreaterThan(0);
      expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    }
  }
});
