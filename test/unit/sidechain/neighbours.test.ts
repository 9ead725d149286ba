// SPDX-License-Identifier: Apache-2.0
// Any member can show who is connected to whom, and who came in whose place.

import { expect, test } from 'vitest';
import { linksGraph, linksText, membersText } from '../../../agent/members-text.ts';
import type { GatewayStatus } from '../../../agent/status.ts';
import { toHex } from '../../../base/bytes.ts';
import { toKeyId } from '../../../base/ids.ts';
import { alone } from '../agent/statuses.ts';
import { testSigner } from '../chain/fixture.ts';
import { Cluster } from './cluster.ts';

function seenBy(cluster: Cluster, id: number): GatewayStatus {
  const gateway = toHex(cluster.member(id).signer.keyId);
  return { ...alone, gateway, ledger: cluster.node(id).status() };
}

test('all links, as each member says itself', async () => {
  const cluster = await Cluster.start(3);
  await cluster.pass(5);
  const names = cluster.node(1).registry.members.map(({ name }) => name);
  const [one = '', two = '', three = ''] = names;
  const line = (name: string, ...to: readonly string[]) =>
    `${name}  ${to.length}  ${to.join(', ')}`;
  const all = [line(one, two, three), line(two, one, three), line(three, one, two)].join('\n');
  for (const id of [1, 2, 3]) expect(linksText(seenBy(cluster, id))).toBe(all);

  await cluster.stop(3);
  await cluster.pass(5);
  // What the one that has gone said holds for a while, as its word alone.
  expect(linksText(seenBy(cluster, 1)).split('\n').slice(0, 2)).toEqual([
    line(one, two),
    line(two, one),
  ]);
  expect(linksText(seenBy(cluster, 1))).toContain(`${one} (says ${three} alone)`);
  await cluster.pass(320);
  expect(linksText(seenBy(cluster, 1))).toContain(`${three}  -  not heard lately`);
  expect(linksGraph(seenBy(cluster, 1)).split('\n')).toEqual([
    'graph members {',
    ...names.map((name) => `  ${JSON.stringify(name)};`),
    `  ${JSON.stringify(one)} -- ${JSON.stringify(two)};`,
    '}',
  ]);
});

test('a key that another one follows is not shown as one that was revoked', async () => {
  const cluster = await Cluster.start(3);
  const [first, second, third] = cluster.node(1).registry.members;
  const { publicKey, keyId } = testSigner(77);
  const name = third?.name ?? '';
  const supersedes = toKeyId(third?.keyId ?? new Uint8Array());
  const grant = { kind: 'grant', name, publicKey, role: 'voter', address: null } as const;
  const followed = cluster.change(1, { ...grant, supersedes });
  await cluster.until(() => cluster.node(1).status().height === 1);
  expect(await followed).toMatchObject({ kind: 'accepted' });
  const revoke = { kind: 'revoke', keyId: toKeyId(second?.keyId ?? new Uint8Array()) } as const;
  void cluster.change(1, revoke);
  await cluster.until(() => cluster.node(1).status().height === 2);
  const rows = membersText(seenBy(cluster, 1)).split('\n');
  const lineOf = (key: Uint8Array | undefined) =>
    rows.find((row) => row.startsWith(toHex(key ?? new Uint8Array())));
  expect(lineOf(third?.keyId)).toContain(`followed by ${toHex(keyId)} at block 1 by eve`);
  expect(lineOf(second?.keyId)).toContain('revoked at block 2 by eve');
  expect(lineOf(first?.keyId)).toContain('voter, ');
});
