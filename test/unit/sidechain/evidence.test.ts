// SPDX-License-Identifier: Apache-2.0
// Evidence against a member reaches every other member, whoever has found it, and is believed by
// none without both signatures.

import { expect, test } from 'vitest';
import { formatCheckpoint } from '../../../base/checkpoint.ts';
import { cosign } from '../../../base/cosignature.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { type MemberMessage, ofChannel, toChannel } from '../../../sidechain/member-message.ts';
import { Cluster } from './cluster.ts';

function signedRoot(cluster: Cluster, by: number, fill: number) {
  const { signer } = cluster.member(by);
  const root = new Uint8Array(32).fill(fill);
  const body = formatCheckpoint({ origin: chainOrigin(cluster.chainId), size: 7, root });
  const name = cosignerName(cluster.chainId, signer.keyId);
  return { size: 7, root, signature: cosign(suite, name, body, 1, signer).signature };
}

function evidenceOf(cluster: Cluster, liar: number): Extract<MemberMessage, { kind: 'evidence' }> {
  const [one, other] = [signedRoot(cluster, liar, 1), signedRoot(cluster, liar, 2)];
  return {
    kind: 'evidence',
    member: cluster.member(liar).signer.keyId,
    size: 7,
    rootOne: one.root,
    signatureOne: one.signature,
    rootOther: other.root,
    signatureOther: other.signature,
  };
}

function countsOf(cluster: Cluster): readonly (number | undefined)[] {
  return cluster.members.map(({ node }) => node?.status().evidenceCount);
}

test('what one member sees all know, also who was away, and then nobody says it again', async () => {
  const cluster = await Cluster.start(4);
  await cluster.stop(4);
  let saidCount = 0;
  cluster.network.loses = (_from, _to, message) => {
    const said = message.kind === 'channel' ? ofChannel(message) : undefined;
    if (said?.ok && said.value.kind === 'evidence') saidCount += 1;
    return false;
  };
  for (const fill of [1, 2]) {
    const message = toChannel({ kind: 'cosigned', ...signedRoot(cluster, 2, fill) });
    cluster.network.forge(2, 1, message);
    await cluster.pass(1);
  }
  await cluster.pass(3);
  expect(countsOf(cluster)).toEqual([1, 1, 1, undefined]);
  const guilty = Buffer.from(cluster.member(2).signer.keyId).toString('hex');
  expect(cluster.node(3).status().guilty).toEqual([guilty]);
  // Four sets of lips, and a member that is away: each says it to each once, and to that one now and then.
  expect(saidCount).toBeLessThanOrEqual(3 * 2 + 3);
  await cluster.open(4);
  await cluster.until(() => cluster.node(4).status().evidenceCount === 1);
  await cluster.pass(20);
  saidCount = 0;
  await cluster.pass(1_300);
  expect(saidCount).toBe(0);
  const [reported] = cluster.node(4).reportable.evidence;
  expect(reported).toMatchObject({ size: 7, publicKey: cluster.member(2).signer.publicKey });
});

test('what does not prove itself is counted against whoever says it', async () => {
  const cluster = await Cluster.start(3);
  const good = evidenceOf(cluster, 2);
  const forge = (signature: Uint8Array) => signature.with(70, (signature[70] ?? 0) ^ 1);
  const { signer } = cluster.member(3);
  const lies: readonly MemberMessage[] = [
    { ...good, signatureOne: forge(good.signatureOne) },
    { ...good, signatureOther: forge(good.signatureOther) },
    { ...good, rootOther: good.rootOne, signatureOther: good.signatureOne },
    { ...good, size: 8 },
    { ...good, member: signer.keyId },
    { ...good, member: new Uint8Array(8) },
  ];
  for (const lie of lies) cluster.network.forge(3, 1, toChannel(lie));
  await cluster.pass(2);
  expect(countsOf(cluster)).toEqual([0, 0, 0]);
  expect(cluster.node(1).status().refusals).toEqual([
    { member: 'cellar-3', reason: 'evidence', count: lies.length },
  ]);
  cluster.network.forge(3, 1, toChannel(good));
  await cluster.pass(3);
  expect(countsOf(cluster)).toEqual([1, 1, 1]);
});
