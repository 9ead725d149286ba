// SPDX-License-Identifier: Apache-2.0
// A change of members that makes no sense is turned away before a key is asked for, and one that this
// gateway is not to have before anything is written.

import { expect, onTestFinished, test } from 'vitest';
import { changeMembers } from '../../../agent/change-members.ts';
import { membershipRoute } from '../../../agent/membership-route.ts';
import { statusRoutes } from '../../../agent/status.ts';
import { toHex } from '../../../base/bytes.ts';
import { type KeyId, toKeyId } from '../../../base/ids.ts';
import { startHttp } from '../../../host/http.ts';
import { createLog } from '../../../host/log.ts';
import { signMembership } from '../../../sidechain/chain/membership.ts';
import { engineer, testSigner } from '../chain/fixture.ts';
import { Cluster } from '../sidechain/cluster.ts';
import { alone } from './statuses.ts';

test('a chain whose genesis names no engineer says that its members are fixed, and what to do', async () => {
  const membership = { ...alone.ledger.membership, isFixed: true };
  const status = { ...alone, ledger: { ...alone.ledger, membership } };
  const routes = statusRoutes(async () => status);
  const log = createLog({ level: 'error', write: () => {} });
  const api = await startHttp({ host: '127.0.0.1', port: 0, log, routes });
  onTestFinished(() => api.close());
  const config = { http: { port: Number(new URL(api.url).port) } };
  const change = () => {
    throw new Error('nothing is to be signed');
  };
  await expect(
    changeMembers({ config, keyPath: '/nowhere/eve.key', change }),
  ).rejects.toMatchObject({
    code: 'members-fixed',
    message: 'the membership of this chain is fixed',
    hint: expect.stringContaining('tieline init --engineer'),
  });
});

test('a grant beyond the peers that this gateway is to have is turned away, one that replaces is not', async () => {
  const cluster = await Cluster.start(3);
  const node = cluster.node(1);
  const [, other] = cluster.members.map(({ signer }) => signer);
  const own = cluster.member(1).signer.keyId;
  const meters = { hold: () => {}, release: () => {} };
  const granted = async (peersMax: number, supersedes: KeyId | null) => {
    const route = membershipRoute({ node, own, meters, listens: true, peersMax });
    const { publicKey } = testSigner(77);
    const change = { kind: 'grant', name: 'attic', publicKey, role: 'follower' } as const;
    const signed = signMembership(
      { version: 1, change: { ...change, address: null, supersedes } },
      cluster.chainId,
      engineer,
    );
    const answer = Promise.resolve(route.handler({ body: { entry: toHex(signed) } } as never));
    let isAnswered = false;
    void answer.then(() => {
      isAnswered = true;
    });
    while (!isAnswered) await cluster.pass(1);
    return answer;
  };
  const no = { status: 409, body: { hint: expect.stringContaining('`peersMax`') } };
  expect(await granted(2, null)).toMatchObject(no);
  expect(node.status().outbox.count).toBe(0);
  expect(await granted(2, other === undefined ? null : toKeyId(other.keyId))).toMatchObject({
    status: 200,
  });
});
