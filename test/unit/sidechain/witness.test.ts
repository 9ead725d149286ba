// SPDX-License-Identifier: Apache-2.0
// What a member was seen to sign outlives a restart of whoever has seen it: it may be all that tells that
// the disk of the other is an older copy, or that it has two histories.

import { expect, test } from 'vitest';
import { formatCheckpoint } from '../../../base/checkpoint.ts';
import { cosign } from '../../../base/cosignature.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { createLog } from '../../../host/log.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { readEvidence, readWitnessed } from '../../../sidechain/store/witness-table.ts';
import { Witness } from '../../../sidechain/witness.ts';
import { chainId, testSigner } from '../chain/fixture.ts';
import { newChain, TestDatabase } from './rig.ts';

const member = testSigner(2);
const log = createLog({ level: 'error', human: false, write: () => {} });

function signed(size: number, fill = 1) {
  const root = new Uint8Array(32).fill(fill);
  const body = formatCheckpoint({ origin: chainOrigin(chainId), size, root });
  const name = cosignerName(chainId, member.keyId);
  return { size, root, signature: cosign(suite, name, body, 1, member).signature };
}

test('the newest size that a member has signed is on disk, and another root there is evidence', async () => {
  const database = new TestDatabase(await newChain());
  const open = async (): Promise<Witness> => {
    const [seen, evidence] = [await readWitnessed(database), await readEvidence(database)];
    return new Witness({ suite, chainId, log, seen, evidence, memberOf: () => member });
  };
  const first = await open();
  for (const size of [5, 9, 7]) expect(first.note(member, signed(size))).toBeDefined();
  await database.write(first.takeStatements());
  const again = await open();
  expect(again.newestSize(member)).toBe(9);
  expect(again.signedRoot(member, 9)).toEqual(signed(9).root);
  again.note(member, signed(9, 2));
  expect(again.isGuilty(member)).toBe(true);
  await database.write(again.takeStatements());
  const later = await open();
  expect(later.isGuilty(member)).toBe(true);
  expect(later.evidence).toMatchObject([{ size: 9, rootOne: signed(9).root }]);
  await database.close();
});
