// SPDX-License-Identifier: Apache-2.0
// The key of a log is replaced while three gateways report, one of them switched off: anchors go on, what was
// proven before stays proven, and who slept follows.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMainLog } from './harness/centre-record.ts';
import { type Company, type MemberGateway, newCompany, statusOf } from './harness/company.ts';
import { getJson, tieline } from './harness/network.ts';
import { until } from './harness/until.ts';

async function untilReceipt(gateways: readonly MemberGateway[]): Promise<void> {
  const sizes = async () =>
    Math.max(...(await Promise.all(gateways.map(statusOf))).map((one) => one.ledger.receiptSize));
  const before = await sizes();
  await until('another receipt', async () => (await sizes()) > before || undefined);
}

/** @returns its path; the keys that the gateway knows lie beside it. */
async function proofOf({ dir }: Company, { data }: MemberGateway, name: string): Promise<string> {
  const proof = join(dir, `${name}.proof`);
  // The first receipts may be of blocks that have no reading yet.
  return until('a proof', async () => {
    const made = await tieline('proof', '--data', data, '--reading', 'latest', '--out', proof);
    return made.code === 0 ? proof : undefined;
  });
}

async function expectVerdict(proof: string, keys: string, code: number): Promise<void> {
  const verified = await tieline('verify', proof, '--keys', keys);
  expect(verified, verified.out).toMatchObject({ code });
}

async function changeKey({ centreDir, centreApi }: Company): Promise<void> {
  const config = join(centreDir, 'dispatch.yaml');
  const offered = await tieline('dispatch', 'offer-key', '--config', config, '--json');
  expect(offered, offered.errors).toMatchObject({ code: 0 });
  const { path } = JSON.parse(offered.out) as { readonly path: string };
  const words = ['--key', join(centreDir, 'governance.key'), '--api', centreApi];
  const mainLog = join(centreDir, 'main-log.json');
  const passed = await tieline(
    ...['dispatch', 'govern', 'propose', '--main-log', mainLog, '--log-keys', path],
    ...[...words, '--reason', 'the machine is replaced', '--json'],
  );
  expect(passed, passed.errors).toMatchObject({ code: 0 });
  expect(JSON.parse(passed.out)).toMatchObject({ status: 'taken', version: 1 });
}

async function generationOf({ centreDir }: Company): Promise<number> {
  const file = JSON.parse(await readFile(join(centreDir, 'main-log.json'), 'utf8'));
  return file.generation ?? 0;
}

test('a log goes on under another key, and all that was proven stays so', async () => {
  const company = await newCompany({ periodMs: 500 });
  const { gateways, centre, centreDir, centreApi } = company;
  const [first, second, sleeper] = gateways;
  if (first === undefined || second === undefined || sleeper === undefined)
    throw new Error('three');
  await Promise.all(gateways.map(({ program }) => program.start()));
  await untilReceipt(gateways);
  const before = await proofOf(company, first, 'before');
  await expectVerdict(before, `${before}.keys`, 0);

  await sleeper.program.stop();
  await changeKey(company);
  expect(await generationOf(company)).toBe(1);
  expect(existsSync(join(centreDir, 'main-log-next.key'))).toBe(false);
  // Who knows nothing of the change does not believe the new key.
  const after = await until('a proof by the new key', async () => {
    const proof = await proofOf(company, second, 'after');
    const verified = await tieline('verify', proof, '--keys', `${before}.keys`);
    return verified.code === 3 ? proof : undefined;
  });
  expect(await readFile(`${after}.keys`, 'utf8')).toMatch(/ until \d+\n.* from \d+\n/);
  await expectVerdict(after, `${after}.keys`, 0);
  await expectVerdict(before, `${after}.keys`, 0);

  await sleeper.program.start();
  await until('the sleeper to know the new receipts', async () => {
    const [own, other] = await Promise.all([statusOf(sleeper), statusOf(first)]);
    return own.ledger.receiptSize >= other.ledger.receiptSize || undefined;
  });
  await expectVerdict(await proofOf(company, sleeper, 'woken'), `${after}.keys`, 0);

  // The centre starts again by the key that counts now.
  await centre.stop();
  await centre.start();
  await untilReceipt(gateways);
  const shown = (await getJson(`${centreApi}/api/v1/registry`)) as Record<string, unknown>;
  expect(shown).toMatchObject({ version: 1, keyGeneration: 1 });
  const mirrored = await tieline(
    ...['mirror', '--api', centreApi, '--main-log', join(centreDir, 'main-log.json')],
    ...['--data', join(company.dir, 'mirror'), '--once'],
  );
  expect(mirrored, mirrored.out + mirrored.errors).toMatchObject({ code: 0 });

  await centre.stop();
  for (const { program } of gateways) expect(await program.stop()).toMatchObject({ code: 0 });
  for (const { data } of gateways) {
    const audit = await tieline('chain', 'verify', '--data', data);
    expect(audit, audit.out + audit.errors).toMatchObject({ code: 0 });
  }
  expect(await readMainLog(company)).toMatchObject({ evidenceCount: 0, quarantined: false });
});
