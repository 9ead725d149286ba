// SPDX-License-Identifier: Apache-2.0
// Over real TLS: who is not granted is turned away and hears nothing; who is granted hears who the
// members are; and a list that no chain could have is not taken.

import { expect, onTestFinished, test } from 'vitest';
import { toKeyId } from '../../../base/ids.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { createLog } from '../../../host/log.ts';
import { untilIntroduced } from '../../../sidechain/introduction.ts';
import { type MemberMessage, toChannel } from '../../../sidechain/member-message.ts';
import type { ChainMember } from '../../../sidechain/members.ts';
import { openTransport } from '../../../sidechain/transport/open-transport.ts';
import type { Receiver, Transport } from '../../../sidechain/transport/transport.ts';
import { identity } from '../transport/mesh.ts';

const chainId = new Uint8Array(32).fill(7);
const log = createLog({ level: 'error', human: false, write: () => {} });

function every(intervalMs: number, run: () => void): () => void {
  const timer = setInterval(run, intervalMs / 20);
  return () => clearInterval(timer);
}

function open(number: number, receiver: Receiver): Promise<Transport> {
  const listen = { host: '127.0.0.1', port: 0 };
  const random = () => 0.5;
  return openTransport({
    ...identity(number),
    ...{ chainId, listen, members: [], receiver, log, random, every },
  });
}

function memberOf(number: number, id: number): ChainMember {
  const { publicKey, keyId } = identity(number).signer;
  const fixed = { role: 'voter', address: null, revoked: false, sinceHeight: 0 } as const;
  return { id, keyId: toKeyId(keyId), publicKey, name: `member ${id}`, ...fixed };
}

const [founder, newcomer] = [memberOf(1, 1), memberOf(2, 2)];

/** A member that answers whoever it lets in with these, in turn. */
async function answering(answers: MemberMessage[]) {
  const heard: number[] = [];
  const transport = await open(1, {
    message: (from) => {
      heard.push(from);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer !== undefined) transport.send(from, toChannel(answer));
    },
    unreachable: () => {},
  });
  onTestFinished(() => transport.close());
  return { transport, heard };
}

function waitFor({ transport }: { readonly transport: Transport }, ending: AbortSignal) {
  return untilIntroduced({
    ...{ suite, ownKeyId: newcomer.keyId, known: [founder], every, ending },
    addressOf: () => transport.status().address,
    openTransport: (receiver) => open(2, receiver),
  });
}

test('a stranger hears nothing until it is granted, and then who the members are', async () => {
  const members = [founder, newcomer];
  const member = await answering([{ kind: 'introduced', members }]);
  const introduced = waitFor(member, new AbortController().signal);
  await expect.poll(() => member.transport.status().strangers.key ?? 0).toBeGreaterThan(1);
  expect(member.heard).toEqual([]);
  member.transport.setMembers(
    members.map(({ id, publicKey }) => ({ id, publicKey, address: undefined })),
  );
  expect((await introduced).map(({ id, name }) => [id, name])).toEqual([
    [1, 'member 1'],
    [2, 'member 2'],
  ]);
});

test('lists with a doubled id, a weak key, or without us are not taken', async () => {
  const weak = { ...founder, id: 3, publicKey: new Uint8Array(32) };
  const lists = [[founder, { ...newcomer, id: 1 }], [founder, newcomer, weak], [founder]];
  const good = [founder, newcomer];
  const member = await answering(
    [...lists, good].map((members) => ({ kind: 'introduced', members })),
  );
  member.transport.setMembers(
    good.map(({ id, publicKey }) => ({ id, publicKey, address: undefined })),
  );
  const introduced = await waitFor(member, new AbortController().signal);
  expect(introduced.map(({ id }) => id)).toEqual([1, 2]);
  expect(member.heard.length).toBeGreaterThan(lists.length);
});

test('the waiting ends when the program does', async () => {
  const member = await answering([{ kind: 'introduced', members: [founder] }]);
  const ending = new AbortController();
  const introduced = waitFor(member, ending.signal);
  ending.abort();
  await expect(introduced).rejects.toMatchObject({ code: 'closing' });
});
