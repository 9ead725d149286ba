// SPDX-License-Identifier: Apache-2.0
// Anchors: what openAnchor lets through, and that checkAnchor counts co-signatures of voters alone and lets
// nothing ride along (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

import { describe, expect, test } from 'vitest';
import { formatCheckpoint } from '../../../base/checkpoint.ts';
import { sign1 } from '../../../base/cose.ts';
import { cosign } from '../../../base/cosignature.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { formatNote } from '../../../base/note.ts';
import type { Signer } from '../../../base/suite.ts';
import {
  checkAnchor,
  openAnchor,
  type Signatories,
  signAnchor,
} from '../../../sidechain/chain/anchor.ts';
import { mediaType } from '../../../sidechain/chain/entry.ts';
import type { Member } from '../../../sidechain/chain/member.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { everyFlip } from '../base/flip.ts';
import { chainId as otherChainId, stranger } from './fixture.ts';
import { type AnchorOptions, Group } from './group.ts';

const group = new Group({ voters: 3, followers: 1 });
for (let i = 0; i < 3; i++) group.apply([]);
const { chainId } = group;
const origin = chainOrigin(chainId);
const body = group.checkpoint();
const policy: Signatories['policy'] = { class: 'blame', faulty: 0 };

/** What becomes of these bytes: the co-signers' places, or where and why it is refused. */
function outcome(bytes: Uint8Array, altered: Partial<Signatories> = {}): unknown {
  const opened = openAnchor(bytes);
  if (!opened.ok) return opened.code;
  const signatories = { members: group.members, policy, ...altered };
  const checked = checkAnchor(suite, opened.value, signatories);
  if (!checked.ok) return checked.code;
  return checked.value.cosigners.map((keyId) =>
    group.members.findIndex((member) => member.keyId.join() === keyId.join()),
  );
}

const withMember = (place: number, changed: Partial<Member>) => ({
  members: group.members.map((member, i) => (i === place ? { ...member, ...changed } : member)),
});

test('a member’s anchor with the lines of a majority is taken', () => {
  expect(outcome(group.anchor())).toEqual([0, 1, 2]);
  expect(outcome(group.anchor({ cosigners: [2, 1] }))).toEqual([2, 1]);
  expect(outcome(group.anchor({ by: 3, cosigners: [0, 1] }))).toEqual([0, 1]);
});

describe('co-signatures', () => {
  test.each<[string, AnchorOptions, unknown]>([
    ['of one voter of three are below the policy', { cosigners: [1] }, 'policy'],
    ['of nobody are below the policy', { cosigners: [] }, 'policy'],
    ['of a follower are checked and not counted', { cosigners: [1, 3] }, 'policy'],
    ['of a follower beside a majority do no harm', { cosigners: [0, 1, 3] }, [0, 1]],
  ])('%s', (_, options, expected) => {
    expect(outcome(group.anchor(options))).toEqual(expected);
  });

  test('of a revoked member are refused, and its anchor too', () => {
    expect(outcome(group.anchor(), withMember(1, { revoked: true }))).toBe('cosignature');
    expect(outcome(group.anchor(), withMember(0, { revoked: true }))).toBe('unknown-signer');
    const without = group.anchor({ cosigners: [0, 2] });
    expect(outcome(without, withMember(1, { revoked: true }))).toEqual([0, 2]);
  });

  test('by another key under a member’s name are refused', () => {
    const name = cosignerName(chainId, group.signer(1).keyId);
    const forged = cosign(suite, name, body, 1, stranger);
    const lines = [group.logLine(body), group.cosignature(body, 0), forged];
    expect(outcome(group.anchor({ lines }))).toBe('cosignature');
  });

  test('under another checkpoint are refused', () => {
    const lines = [group.logLine(body), group.cosignature(group.checkpoint(2), 1)];
    expect(outcome(group.anchor({ lines }))).toBe('cosignature');
  });

  test('under a time that was changed are refused', () => {
    const line = group.cosignature(body, 1);
    const signature = line.signature.slice();
    signature[7] = (signature[7] ?? 0) ^ 1;
    const lines = [group.logLine(body), group.cosignature(body, 0), { ...line, signature }];
    expect(outcome(group.anchor({ lines }))).toBe('cosignature');
  });

  test('cannot be all when every voter is revoked', () => {
    const members = group.members.map((one) => ({ ...one, revoked: one.role === 'voter' }));
    const anchor = group.anchor({ by: 3, cosigners: [3] });
    expect(outcome(anchor, { members })).toBe('policy');
  });
});

describe('lines', () => {
  const good = [group.logLine(body), group.cosignature(body, 0), group.cosignature(body, 1)];

  test('one of nobody is refused, however good the others are', () => {
    const foreign = cosign(suite, 'witness.example', body, 1, stranger);
    expect(outcome(group.anchor({ lines: [...good, foreign] }))).toBe('cosignature');
  });

  test('one of a member twice is refused', () => {
    const again = cosign(suite, cosignerName(chainId, group.signer(1).keyId), body, 7, {
      ...group.signer(1),
    });
    expect(outcome(group.anchor({ lines: [...good, again] }))).toBe('anchor');
  });

  test('without the log’s own signature is refused', () => {
    expect(outcome(group.anchor({ lines: good.slice(1) }))).toBe('signature');
  });

  test('with the log signature of another member, or of a stranger, is refused', () => {
    const [, ...cosignatures] = good;
    const byAnother = [group.logLine(body, 1), ...cosignatures];
    expect(outcome(group.anchor({ lines: byAnother }))).toBe('signature');
    expect(outcome(group.anchor({ lines: [...good, group.logLine(body, 1)] }))).toBe('signature');
  });

  test('a co-signature under the log’s name is refused', () => {
    const posing = cosign(suite, origin, body, 1, group.signer(0));
    expect(outcome(group.anchor({ lines: [...good, posing] }))).toBe('signature');
  });
});

describe('the statement', () => {
  const honest = {
    note: formatNote(body, [group.logLine(body), group.cosignature(body, 0)]),
    from: 0,
    consistency: [],
    receiptSize: 0,
  };
  const statement = (changed: object, signer: Signer = group.signer(0)) =>
    sign1(
      {
        type: mediaType('anchor'),
        claims: { issuer: cosignerName(chainId, signer.keyId), subject: origin },
        payload: new Uint8Array(),
        ...changed,
      },
      signer,
    );

  test('by a stranger is refused, and by a stranger under a member’s key id', () => {
    expect(outcome(signAnchor(honest, chainId, stranger))).toBe('unknown-signer');
    const posing = { ...stranger, keyId: group.signer(0).keyId };
    expect(outcome(signAnchor(honest, chainId, posing))).toBe('signature');
  });

  test('whose claims name another chain is refused', () => {
    expect(outcome(group.anchor({ claimed: otherChainId }))).toBe('anchor');
  });

  test.each<[string, Uint8Array]>([
    ['of another type', statement({ type: mediaType('schema') })],
    ['without claims', statement({ claims: undefined })],
    ['with a detached payload', statement({ detached: true })],
    ['whose payload is no anchor', statement({ payload: Uint8Array.of(0xa0) })],
    ['of nothing', new Uint8Array()],
    ['of too many bytes', new Uint8Array(limits.messageBytesMax + 1).fill(0xd2)],
  ])('%s is refused', (_, bytes) => {
    expect(outcome(bytes)).toBe('anchor');
  });

  test.each<[string, string]>([
    ['of another origin', 'main.example/log\n4\n'],
    ['of an origin in capitals', `${origin.toUpperCase()}\n4\n`],
    ['of another chain', `${chainOrigin(otherChainId)}\n4\n`],
    ['of no blocks', `${origin}\n0\n`],
    ['of a size with a leading zero', `${origin}\n04\n`],
    ['of a negative size', `${origin}\n-1\n`],
  ])('over a checkpoint %s is refused', (_, head) => {
    const [, , root] = body.split('\n');
    const forged = `${head}${root}\n`;
    const note = formatNote(forged, [{ ...group.cosignature(body, 0) }]);
    expect(outcome(signAnchor({ ...honest, note }, chainId, group.signer(0)))).toBe('anchor');
  });

  test('over a checkpoint with an extension line is refused', () => {
    const note = honest.note.replace('\n\n', '\nextension\n\n');
    expect(outcome(signAnchor({ ...honest, note }, chainId, group.signer(0)))).toBe('anchor');
  });
});

test('any flipped bit is refused', () => {
  const anchor = group.anchor({ from: 2 });
  expect(Array.isArray(outcome(anchor))).toBe(true);
  const passed = [...everyFlip(anchor)].filter((flipped) => Array.isArray(outcome(flipped)));
  expect(passed).toEqual([]);
});

test('a checkpoint has one form, so that equal ones are equal strings', () => {
  const root = group.ledger.tree.root();
  expect(body).toBe(formatCheckpoint({ origin, size: 4, root }));
});
