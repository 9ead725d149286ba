// SPDX-License-Identifier: Apache-2.0
// What members report of each other: taken, kept and shown by the centre; and who has signed two
// histories vouches for nothing any more.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { formatCheckpoint } from '../../../base/checkpoint.ts';
import { cosign } from '../../../base/cosignature.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import { localUser } from '../../../dispatch/api/rights.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { evidenceReport, signReport } from '../../../sidechain/chain/report.ts';
import { type FakeChain, makeChain, signerOf, startMs } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { requestFor, TestCentre } from './test-centre.ts';

let centre: TestCentre;
let chain: FakeChain;

beforeEach(async () => {
  centre = await TestCentre.begin();
  chain = makeChain(mainLog, { seed: 7 });
  await centre.enrol(chain);
});
afterEach(async () => {
  expect(centre.failures).toEqual([]);
  await centre.end();
});

function memberOf(index: number): Signer {
  return chain.signers[index] ?? signerOf(0);
}

function signatureUnder(root: Uint8Array, signer: Signer): Uint8Array {
  const body = formatCheckpoint({ origin: chainOrigin(chain.chainId), size: 1, root });
  return cosign(suite, cosignerName(chain.chainId, signer.keyId), body, 1, signer).signature;
}

function evidenceAgainst(index: number, by: number): Uint8Array {
  const liar = memberOf(index);
  const [rootOne, rootOther] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const signed = {
    signatureOne: signatureUnder(rootOne, liar),
    signatureOther: signatureUnder(rootOther, liar),
  };
  const evidence = { member: liar.keyId, size: 1, rootOne, rootOther, ...signed };
  const of = { chainId: chain.chainId, publicKey: liar.publicKey, timeMs: startMs };
  return signReport(evidenceReport(suite, evidence, of), chain.chainId, memberOf(by));
}

async function shown(path: string): Promise<unknown> {
  const route = centre.centre.routes.find((one) => one.path === path);
  const request = requestFor({ id: toHex(chain.chainId) });
  const answer = await route?.handler(request, localUser, async () => localUser);
  return answer?.body;
}

test('evidence is taken once from each member, and outlives a restart', async () => {
  const report = evidenceAgainst(2, 0);
  const noted = [{ kind: 'noted', messageHash: suite.sha256(report) }];
  expect(await centre.send(chain, 'event', report)).toEqual(noted);
  expect(await centre.send(chain, 'event', report)).toEqual(noted);
  await centre.send(chain, 'event', evidenceAgainst(2, 1));
  await centre.stop();
  await centre.start();
  const { keyId } = memberOf(2);
  expect(await shown('/api/v1/chains/:id/reports')).toMatchObject({
    reports: [
      { kind: 'evidence', member: toHex(keyId), gateway: toHex(memberOf(1).keyId) },
      { kind: 'evidence', member: toHex(keyId), gateway: toHex(memberOf(0).keyId) },
    ],
  });
  expect(await shown('/api/v1/chains/:id')).toMatchObject({
    status: 'active',
    distrusted: [toHex(keyId)],
  });
});

test('who has signed two histories counts for nothing under an anchor', async () => {
  const cosigners = [0, 2];
  expect(await centre.send(chain, 'anchor', chain.anchor({ cosigners }))).toMatchObject([
    { kind: 'receipt' },
  ]);
  await centre.send(chain, 'event', evidenceAgainst(2, 0));
  chain.addBlock();
  const next = { from: 1, receiptSize: 2 };
  expect(await centre.send(chain, 'anchor', chain.anchor({ ...next, cosigners }))).toMatchObject([
    { kind: 'refused', code: 'policy' },
  ]);
  // The others are enough; its line may stand beside theirs.
  const all = chain.anchor({ ...next, cosigners: [0, 1, 2] });
  expect(await centre.send(chain, 'anchor', all)).toMatchObject([{ kind: 'receipt' }]);
});

test('a withheld entry is shown, and changes nothing', async () => {
  const report = {
    kind: 'withheld',
    timeMs: startMs,
    leader: memberOf(1).keyId,
    term: 3,
    entryId: new Uint8Array(32).fill(5),
    waitedMs: 31_000,
    height: 0,
  } as const;
  const bytes = signReport(report, chain.chainId, memberOf(0));
  expect(await centre.send(chain, 'event', bytes)).toMatchObject([{ kind: 'noted' }]);
  expect(await shown('/api/v1/chains/:id/reports')).toMatchObject({
    reports: [{ kind: 'withheld', leader: toHex(memberOf(1).keyId), term: 3 }],
  });
  expect(await shown('/api/v1/chains/:id')).toMatchObject({ distrusted: [] });
});

test('what nobody of the chain has signed, or what proves nothing, is refused with its reason', async () => {
  const other = makeChain(mainLog, { seed: 8 });
  await centre.enrol(other);
  const good = evidenceAgainst(2, 0);
  for (const [to, bytes, code] of [
    [chain, Uint8Array.of(1, 2), 'malformed'],
    [other, good, 'unknown-signer'],
    [chain, good.map((byte, i) => (i === good.length - 1 ? byte ^ 1 : byte)), 'signature'],
  ] as const) {
    expect(await centre.send(to, 'event', bytes)).toMatchObject([
      { kind: 'refused', what: 'event', code, messageHash: suite.sha256(bytes) },
    ]);
  }
  expect(await shown('/api/v1/chains/:id/reports')).toEqual({ reports: [] });
});
