// SPDX-License-Identifier: Apache-2.0
// Signatures that are verified before it is an anchor's turn: the same verdict as in turn, and none
// where the members have changed meanwhile.

import { expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { ChainRecord } from '../../../dispatch/ledger/chain-record.ts';
import { checkAhead, signedBy } from '../../../dispatch/ledger/checked-anchor.ts';
import { judgeAhead, type SignatureCheck } from '../../../dispatch/ledger/signed-ahead.ts';
import { checkAnchor, openAnchor } from '../../../sidechain/chain/anchor.ts';
import { openGenesis } from '../../../sidechain/chain/genesis.ts';
import { foundingMembership } from '../../../sidechain/chain/membership-proof.ts';
import { type AnchorOptions, makeChain, signerOf } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';

const chain = makeChain(mainLog, { seed: 8_800 });
const genesis = openGenesis(suite, chain.genesisBytes);
assert(genesis.ok, 'the genesis of the tests holds');
const record: ChainRecord = {
  ...foundingMembership(suite, genesis.value.genesis),
  chainId: chain.chainId,
  name: 'ahead',
  centre: 'grid',
  anchored: undefined,
  quarantined: false,
  distrusted: [],
};

async function verifyAll(checks: readonly SignatureCheck[]): Promise<readonly boolean[]> {
  return checks.map(({ publicKey, message, signature }) =>
    suite.verify(publicKey, message, signature),
  );
}

function anchorOf(options: AnchorOptions, flipped?: number) {
  const bytes = chain.anchor(options);
  const opened = openAnchor(
    flipped === undefined ? bytes : bytes.with(flipped, (bytes[flipped] ?? 0) ^ 1),
  );
  assert(opened.ok, 'the anchor of the test can be read');
  return opened.value;
}

test.each([
  ['one that holds', anchorOf({})],
  ['by two of three', anchorOf({ cosigners: [0, 2] })],
  ['by one of three', anchorOf({ cosigners: [1] })],
  ['with a forged signature of its own', anchorOf({}, chain.anchor().length - 1)],
  ['by a stranger', anchorOf({ by: 77 })],
  ['co-signed by a stranger', anchorOf({ cosigners: [0, 1, 77] })],
])('the same verdict ahead as in turn: %s', async (_, anchor) => {
  const ahead = await checkAhead(suite, verifyAll, { anchor, chain: record });
  expect(ahead.signed).toEqual(checkAnchor(suite, anchor, record));
  const never = { ...suite, verify: () => assert(false, 'verified once more') as never };
  expect(signedBy(never, anchor, { chain: record, ahead })).toEqual(ahead.signed);
});

test('what was verified for other members, or before a suspicion, counts for nothing', async () => {
  const anchor = anchorOf({ cosigners: [0, 1] });
  const ahead = await checkAhead(suite, verifyAll, { anchor, chain: record });
  expect(ahead.signed.ok).toBe(true);
  const suspected = { ...record, distrusted: [signerOf(8_800 * 100).keyId] };
  expect(signedBy(suite, anchor, { chain: suspected, ahead })).toMatchObject({ code: 'policy' });
  const members = record.members.map((one, i) => ({ ...one, revoked: i === 1 }));
  const changed = { ...record, members, version: 1 };
  expect(signedBy(suite, anchor, { chain: changed, ahead })).toMatchObject({ code: 'cosignature' });
});

test('a judge that asks on where a signature does not hold is answered', async () => {
  const [good, other] = [signerOf(1), signerOf(2)];
  const message = Uint8Array.of(7);
  const judge = (by: typeof suite): number =>
    [other.publicKey, good.publicKey].findIndex((key) =>
      by.verify(key, message, good.sign(message)),
    );
  expect(await judgeAhead(suite, verifyAll, judge)).toBe(judge(suite));
});
