// SPDX-License-Identifier: Apache-2.0
// Any member can show who is connected to whom.

import { expect, test } from 'vitest';
import { linksGraph, linksText } from '../../../agent/members-text.ts';
import type { GatewayStatus } from '../../../agent/status.ts';
import { toHex } from '../../../base/bytes.ts';
import { alone } from '../agent/statuses.ts';
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
