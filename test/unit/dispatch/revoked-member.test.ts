// SPDX-License-Identifier: Apache-2.0
// A member that its chain has revoked: once the centre has been told, with proof, nothing that it signs
// counts any more, while the chain goes on without it.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatNote } from '../../../base/note.ts';
import { signMembershipMessage } from '../../../sidechain/chain/membership-message.ts';
import { Group } from '../chain/group.ts';
import { mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

let centre: TestCentre;
beforeEach(async () => {
  centre = await TestCentre.begin();
});
afterEach(() => centre.end());

/** The revocation of one, proven under a checkpoint by these. */
function revoked(group: Group, member: number, by: readonly number[]): Uint8Array {
  const { entry } = group.revocation(member);
  const { headerBytes, header } = group.apply([{ entry }]);
  const { tree } = group.ledger;
  const headerPath = tree.inclusion(header.height, tree.size);
  const change = { entry, entryIndex: 0, entryPath: [], header: headerBytes, headerPath };
  const body = group.checkpoint();
  const [author = 0] = by;
  const lines = [group.logLine(body, author), ...by.map((one) => group.cosignature(body, one))];
  const message = { changes: [change], note: formatNote(body, lines) };
  return signMembershipMessage(message, group.chainId, group.signer(author));
}

test('its anchors and its co-signatures are refused, as soon as the centre knows', async () => {
  const group = new Group({ voters: 3, followers: 0, altered: { mainLog } });
  await centre.enrol(group);
  group.apply([group.schema()]);
  const kinds = async (anchor: Uint8Array) =>
    (await centre.send(group, 'anchor', anchor)).map((one) =>
      one.kind === 'refused' ? one.code : one.kind,
    );
  expect(await kinds(group.anchor({ by: 1, cosigners: [0, 1] }))).toEqual(['receipt']);
  const from = group.ledger.tree.size;
  const told = revoked(group, 1, [0, 2]);
  // On its way when the centre is told.
  const both = group.anchor({ by: 0, cosigners: [0, 1], from });
  const [answer] = await centre.send(group, 'membership', told);
  expect(answer).toMatchObject({ kind: 'noted' });
  expect(await kinds(group.anchor({ by: 1, cosigners: [0, 2], from }))).toEqual(['unknown-signer']);
  expect(await kinds(both)).toEqual(['cosignature']);
  expect(await kinds(group.anchor({ by: 1, cosigners: [0, 1], from }))).toEqual(['unknown-signer']);
  expect(await kinds(group.anchor({ by: 2, cosigners: [0, 2], from }))).toEqual(['receipt']);
});

test('a revocation that too few have signed changes nothing', async () => {
  const group = new Group({ voters: 3, followers: 0, altered: { mainLog } });
  await centre.enrol(group);
  const [answer] = await centre.send(group, 'membership', revoked(group, 1, [0]));
  expect(answer).toMatchObject({ kind: 'refused' });
  const [next] = await centre.send(group, 'anchor', group.anchor({ by: 1, cosigners: [0, 1] }));
  expect(next).toMatchObject({ kind: 'receipt' });
});
