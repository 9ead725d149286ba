// SPDX-License-Identifier: Apache-2.0
// Whose lines make a checkpoint that satisfies the policy: those of voters that have signed the same.

import { expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { toHex } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { parseNote } from '../../../base/note.ts';
import { createLog } from '../../../host/log.ts';
import { Cosigning } from '../../../sidechain/cosigning.ts';
import type { Members } from '../../../sidechain/members.ts';
import { Cosigner } from '../../../sidechain/store/cosigner.ts';
import type { History } from '../../../sidechain/store/history.ts';
import { Witness } from '../../../sidechain/witness.ts';
import { chainId, testSigner } from '../chain/fixture.ts';

const person = (id: number, role: 'voter' | 'follower') => {
  const signer = testSigner(id);
  const { keyId, publicKey } = signer;
  return { id, signer, keyId, publicKey, name: `${id}`, role, address: null, revoked: false };
};
type Person = ReturnType<typeof person>;

const own = person(1, 'voter');
const voter = person(2, 'voter');
const follower = person(3, 'follower');

function setUp(durable = { size: 5 }, said: string[] = []) {
  const peers = [voter, follower];
  const members = { own, peers, voterPeers: [voter], member: (id: number) => peers[id - 2] };
  const log = createLog({ level: 'error', human: false, write: () => {} });
  const cosigner = cosignerOf(own);
  return new Cosigning({
    members: members as unknown as Members,
    witness: new Witness({
      suite,
      chainId,
      log,
      seen: [],
      evidence: [],
      memberOf: () => undefined,
    }),
    isSuspended: () => false,
    durableSize: () => durable.size,
    rootAt: async () => root,
    sign: (size) => cosigner.sign(size, 0),
    lastSigned: () => cosigner.last,
    signersNeeded: () => 2,
    say: (to, { kind }) => said.push(`${kind} to ${to}`) > 0,
    monotonicMs: () => 0,
    log,
  });
}

const root = new Uint8Array(32).fill(1);

function cosignerOf({ signer }: Person, of = root): Cosigner {
  const history = { ask: async () => of } as unknown as History;
  return new Cosigner({ suite, signer, chainId, history, last: undefined, write: async () => {} });
}

async function lineOf(person: Person, size: number, of = root) {
  const { note } = await cosignerOf(person, of).sign(size, 0);
  const parsed = parseNote(note, { strict: true });
  const signature = parsed.ok ? parsed.value.lines[1]?.signature : undefined;
  assert(signature !== undefined, 'a note has a co-signature');
  return { kind: 'cosigned' as const, size, root: of, signature };
}

test('more than is durable here is signed when it is, and no sooner', async () => {
  const durable = { size: 5 };
  const said: string[] = [];
  const cosigning = setUp(durable, said);
  await cosigning.onCosign(voter.id, { ...(await lineOf(voter, 6)), kind: 'cosign' });
  await cosigning.tick();
  expect(said).toEqual([]);
  durable.size = 6;
  await cosigning.tick();
  expect(said).toEqual(['cosigned to 2']);
});

test('a follower may sign what it likes: it is not counted, and a voter is', async () => {
  const cosigning = setUp();
  let isThere = false;
  const checkpoint = cosigning.checkpoint().then((cosigned) => {
    isThere = true;
    return cosigned;
  });
  await new Promise((resolve) => setTimeout(resolve, 10));
  cosigning.onCosigned(follower.id, await lineOf(follower, 5));
  cosigning.onCosigned(voter.id, await lineOf(voter, 5, new Uint8Array(32)));
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isThere).toBe(false);
  cosigning.abandon(new Error('over'));
  await expect(checkpoint).rejects.toThrow('over');

  const again = setUp();
  const signed = again.checkpoint();
  await new Promise((resolve) => setTimeout(resolve, 10));
  again.onCosigned(follower.id, await lineOf(follower, 5));
  again.onCosigned(voter.id, await lineOf(voter, 5));
  const parsed = parseNote((await signed).note, { strict: true });
  expect(parsed.ok && parsed.value.lines.map(({ name }) => name.slice(-16))).toEqual([
    expect.anything(),
    toHex(own.keyId),
    toHex(voter.keyId),
  ]);
});
