// SPDX-License-Identifier: Apache-2.0
// Three gateways on one chain, as real processes over TLS: leaders die by SIGKILL under load, one
// stands still for seconds, and nothing is lost, doubled, or different on any of them.
// TIELINE_KILLS is another number of kills.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMainLog } from './harness/centre-record.ts';
import { type ChainRecord, readChainRecord } from './harness/chain-record.ts';
import {
  type Company,
  cutFromBroker,
  leaderOf,
  type MemberGateway,
  newCompany,
  settled,
  statusOf,
  withoutMeters,
} from './harness/company.ts';
import { expectGrowing } from './harness/exactness.ts';
import { tieline } from './harness/network.ts';
import { sleep, until } from './harness/until.ts';

const killCount = Number(process.env.TIELINE_KILLS ?? 4);

/** Waits until more blocks than now stand under a receipt, as one of these sees it. */
async function untilReceipt(gateways: readonly MemberGateway[]): Promise<void> {
  const sizes = () =>
    Promise.all(gateways.map(async (one) => (await statusOf(one)).ledger.receiptSize));
  const before = Math.max(...(await sizes()));
  await until('another receipt', async () => Math.max(...(await sizes())) > before || undefined);
}

async function killLeader(gateways: readonly MemberGateway[]): Promise<void> {
  const leader = await leaderOf(gateways);
  await leader.program.kill();
  const others = gateways.filter((one) => one !== leader);
  await leaderOf(others);
  await untilReceipt(others);
  await leader.program.start();
}

/** Longer than an election takes, and shorter than connections are kept for. */
async function pause(gateway: MemberGateway, others: readonly MemberGateway[]): Promise<void> {
  gateway.program.signal('SIGSTOP');
  await sleep(5_000);
  await untilReceipt(others);
  gateway.program.signal('SIGCONT');
}

/** Ends them so that all that was signed is on all: nothing comes that is new, no receipt either. */
async function finish({ centre, gateways }: Company): Promise<void> {
  await untilReceipt(gateways);
  await centre.stop();
  await stopAll(gateways);
  await Promise.all(gateways.map(withoutMeters));
  await Promise.all(gateways.map(({ program }) => program.start()));
  await settled(gateways);
  await stopAll(gateways);
}

async function stopAll(gateways: readonly MemberGateway[]): Promise<void> {
  const ended = await Promise.all(gateways.map(({ program }) => program.stop()));
  for (const one of ended) expect(one, one.said.slice(-2_000)).toMatchObject({ code: 0 });
}

function numbersOf(record: ChainRecord, { keyId }: MemberGateway): readonly number[] {
  return record.batches.filter(({ gateway }) => gateway === keyId).map(({ sequence }) => sequence);
}

test('leaders that die and a member that stands still lose and double nothing', async () => {
  const company = await newCompany({ periodMs: 250 });
  const { gateways } = company;
  await Promise.all(gateways.map(({ program }) => program.start()));
  await until('a receipt', async () => {
    const statuses = await Promise.all(gateways.map(statusOf));
    return statuses.every(({ ledger }) => ledger.receiptSize > 2) || undefined;
  });
  for (let i = 0; i < killCount; i++) {
    await killLeader(gateways);
    await sleep(1_000);
  }
  const leader = await leaderOf(gateways);
  const others = gateways.filter((one) => one !== leader);
  await pause(leader, others);
  await finish(company);

  const records = await Promise.all(gateways.map(({ data }) => readChainRecord(data)));
  const [first, ...rest] = records;
  if (first === undefined) throw new Error('three gateways');
  for (const record of rest) expect(record).toEqual(first);
  expect(first).toMatchObject({ outboxCount: 0 });
  // What came twice, before its turn, or beside another member's receipt; nothing else was refused.
  const harmless = ['old', 'duplicate', 'gap', 'receipt'];
  expect(first.refused.filter((reason) => !harmless.includes(reason))).toEqual([]);
  for (const gateway of gateways) {
    const numbers = numbersOf(first, gateway);
    expect(numbers.length).toBeGreaterThan(2 * killCount);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  }
  for (const { data } of gateways) {
    const audit = await tieline('chain', 'verify', '--data', data);
    expect(audit, audit.out + audit.errors).toMatchObject({ code: 0 });
  }
  expectGrowing(first.receipts.map(({ size }) => size));
  const log = await readMainLog(company);
  expect(log).toMatchObject({ flaws: [], evidenceCount: 0, quarantined: false });
  expectGrowing(log.anchors.map(({ size }) => size));
  await expectProofs(company);
});

/** Of a reading of each gateway, made on another one's disk. */
async function expectProofs({ dir, gateways }: Company): Promise<void> {
  for (const [i, { keyId }] of gateways.entries()) {
    const proof = join(dir, `${i}.proof`);
    const { data } = gateways[(i + 1) % gateways.length] ?? { data: '' };
    const words = ['--data', data, '--reading', `${keyId}-1-0`, '--out', proof];
    expect(await tieline('proof', ...words)).toMatchObject({ code: 0 });
    const verified = await tieline('verify', proof, '--keys', `${proof}.keys`);
    expect(verified, verified.out).toMatchObject({ code: 0 });
    expect(verified.out).toMatch(/co-signed by [23] of 3 voters, policy blame/);
    await expectTooLittleTrust(proof);
  }
}

/** The main log and one member: a majority of the members has to be known. */
async function expectTooLittleTrust(proof: string): Promise<void> {
  const lines = (await readFile(`${proof}.keys`, 'utf8')).split('\n');
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const [mainLog = '', ...members] = keys;
  expect(members).toHaveLength(3);
  for (const member of members) {
    await writeFile(`${proof}.one`, `${mainLog}\n${member}\n`);
    expect(await tieline('verify', proof, '--keys', `${proof}.one`)).toMatchObject({ code: 3 });
  }
}

test('a leader that cannot reach the broker is not waited for', async () => {
  const company = await newCompany({ periodMs: 1_000 });
  const { gateways } = company;
  const [linked, ...mute] = gateways;
  if (linked === undefined) throw new Error('three gateways');
  await Promise.all(mute.map(cutFromBroker));
  await Promise.all(gateways.map(({ program }) => program.start()));
  while ((await leaderOf(gateways)) === linked) {
    await linked.program.kill();
    await leaderOf(mute);
    await linked.program.start();
  }
  await untilReceipt(gateways);
  await untilReceipt(gateways);
  const { uplink } = await statusOf(linked);
  expect(uplink).toMatchObject({ connected: true, anchor: { onDuty: true } });
  for (const one of mute)
    expect(await statusOf(one)).toMatchObject({ uplink: { connected: false } });
});
