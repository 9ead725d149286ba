// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat, u32 } from '../../../base/bytes.ts';
import { encode } from '../../../base/cbor.ts';
import { formatCheckpoint, signCheckpoint } from '../../../base/checkpoint.ts';
import { cosign } from '../../../base/cosignature.ts';
import { leafHash, rootOf } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { formatNote } from '../../../base/note.ts';
import { groupSize } from '../../../base/tree.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { stateRootInterval } from '../../../sidechain/chain/ledger.ts';
import { signMembership } from '../../../sidechain/chain/membership.ts';
import type { ProvenChange } from '../../../sidechain/chain/membership-proof.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { proveOutput } from '../../../sidechain/chain/prove.ts';
import {
  checkSnapshot,
  encodeSnapshot,
  openSnapshot,
  type Snapshot,
} from '../../../sidechain/chain/snapshot.ts';
import {
  bodyOf,
  chainId,
  engineer,
  gateway,
  schemaEntry,
  startMs,
  stranger,
  TestChain,
} from './fixture.ts';

const signedSize = stateRootInterval + 40;
const origin = chainOrigin(chainId);

type NoteOptions = {
  readonly log?: string;
  readonly logger?: typeof gateway;
  readonly also?: readonly (typeof gateway)[];
};

function noteOf(
  chain: TestChain,
  size: number,
  by: typeof gateway,
  { log = origin, logger = by, also = [] }: NoteOptions = {},
): string {
  const body = formatCheckpoint({ origin: log, size, root: chain.ledger.tree.root(size) });
  const lines = [by, ...also].map((one) =>
    cosign(suite, cosignerName(chainId, one.keyId), body, 1, one),
  );
  return formatNote(body, [signCheckpoint(suite, log, body, logger), ...lines]);
}

function make(early: readonly BlockEntry[] = [schemaEntry()]): {
  readonly chain: TestChain;
  readonly snapshot: Snapshot;
} {
  const chain = new TestChain();
  let pairs: Snapshot['pairs'] = [];
  for (let height = 1; height < signedSize; height++) {
    chain.apply(bodyOf(startMs + height * 1_000, height === 5 ? early : []));
    if (height === stateRootInterval - 1) pairs = chain.ledger.statePairs();
  }
  const { tree } = chain.ledger;
  const block = chain.blocks[stateRootInterval - 1];
  if (block === undefined) throw new Error('the chain is long enough');
  const outputIndex = block.outputs.length - 1;
  const { salt: outputSalt, outputPath } = proveOutput(suite, block.outputs, outputIndex);
  const leafHashes = chain.blocks.map(({ headerBytes }) => leafHash(suite, headerBytes));
  const groupHashes = Array.from({ length: stateRootInterval / groupSize }, (_, i) =>
    rootOf(suite, leafHashes.slice(i * groupSize, (i + 1) * groupSize)),
  );
  return {
    chain,
    snapshot: {
      header: block.headerBytes,
      groupHashes,
      headerPath: tree.inclusion(stateRootInterval - 1, stateRootInterval),
      checkpoint: noteOf(chain, signedSize, gateway),
      consistency: tree.consistency(stateRootInterval, signedSize),
      ...{ outputIndex, outputSalt, outputPath, pairs, changes: [] },
    },
  };
}

const { chain, snapshot } = make();
const { members, persons, policy } = chain.ledger.registry;
const founding = { members, persons, policy, version: 0 };
const known = { chainId, founding, own: founding };
const sound = encodeSnapshot(snapshot);

function verdictOn(change: Partial<Snapshot>): string {
  const checked = checkSnapshot(suite, encodeSnapshot({ ...snapshot, ...change }), known);
  return checked.ok ? 'ok' : checked.code;
}

test('a snapshot is checked from its header to the signatures, and read as it was written', () => {
  const checked = checkSnapshot(suite, sound, known);
  expect(checked).toMatchObject({ ok: true, value: { header: { height: stateRootInterval - 1 } } });
  expect(openSnapshot(sound)).toEqual({ ok: true, value: snapshot });
  expect(verdictOn({})).toBe('ok');
});

const zeros = new Uint8Array(32);
const [firstPair, ...otherPairs] = snapshot.pairs;

test.each<[string, Partial<Snapshot>, string]>([
  ['a header of another height', { header: chain.blocks[1_022]?.headerBytes ?? zeros }, 'history'],
  ['no header', { header: zeros }, 'header'],
  ['a tree hash', { groupHashes: snapshot.groupHashes.with(1, zeros) }, 'history'],
  ['a tree hash less', { groupHashes: snapshot.groupHashes.slice(1) }, 'history'],
  ['the path of the header', { headerPath: snapshot.headerPath.with(0, zeros) }, 'history'],
  ['the consistency', { consistency: snapshot.consistency.with(0, zeros) }, 'checkpoint'],
  ['a checkpoint by a stranger', { checkpoint: noteOf(chain, signedSize, stranger) }, 'checkpoint'],
  [
    'a checkpoint of another log, by the same members',
    { checkpoint: noteOf(chain, signedSize, gateway, { log: 'other.example/log' }) },
    'checkpoint',
  ],
  [
    'a line of the log by a stranger, beside co-signatures that hold',
    { checkpoint: noteOf(chain, signedSize, gateway, { logger: stranger }) },
    'checkpoint',
  ],
  ['a checkpoint of fewer blocks', { checkpoint: noteOf(chain, 900, gateway) }, 'checkpoint'],
  ['no checkpoint', { checkpoint: 'signed, honestly' }, 'checkpoint'],
  ['a pair less', { pairs: otherPairs }, 'state'],
  ['another value', { pairs: [[firstPair?.[0] ?? '', zeros], ...otherPairs] }, 'state'],
  ['a pair more', { pairs: [...snapshot.pairs, ['zz', zeros]] }, 'state'],
  ['pairs in another order', { pairs: snapshot.pairs.toReversed() }, 'form'],
  ['a pair twice', { pairs: [...snapshot.pairs, ...snapshot.pairs.slice(-1)] }, 'form'],
  ['the salt of the output', { outputSalt: new Uint8Array(16) }, 'state'],
  ['the place of the output', { outputIndex: snapshot.outputIndex + 1 }, 'state'],
])('forged, and found: %s', (_, change, code) => {
  expect(verdictOn(change)).toBe(code);
});

test('it is of this chain, and signed by members that the receiver knows', () => {
  const other = checkSnapshot(suite, sound, { ...known, chainId: zeros });
  expect(other).toMatchObject({ ok: false, code: 'header' });
  const revoked = members.map((member) => ({ ...member, revoked: true }));
  expect(
    checkSnapshot(suite, sound, { ...known, own: { ...founding, members: revoked, version: 1 } }),
  ).toMatchObject({
    ok: false,
    code: 'checkpoint',
  });
});

test('a trail of changes that ends early is found: the state says how many there were', () => {
  const change = {
    ...({ kind: 'grant', publicKey: stranger.publicKey, name: 'late', role: 'follower' } as const),
    ...{ address: null, supersedes: null },
  };
  const entry = signMembership({ version: 1, change }, chainId, engineer);
  const { chain: changed, snapshot: cut } = make([{ entry }]);
  expect(changed.ledger.registry.membership?.version).toBe(1);
  const bytes = encodeSnapshot(cut);
  expect(checkSnapshot(suite, bytes, known)).toMatchObject({ ok: false, code: 'membership' });
  const own = { ...founding, members: changed.ledger.registry.members, version: 1 };
  expect(checkSnapshot(suite, bytes, { ...known, own })).toMatchObject({ ok: true });
});

/** Entry 0 of block 5, which holds no other, proven under the first `size` blocks. */
function provenAt5(changed: TestChain, entry: Uint8Array, size: number): ProvenChange {
  const header = changed.blocks[5]?.headerBytes ?? zeros;
  const headerPath = changed.ledger.tree.inclusion(5, size);
  return { entry, entryIndex: 0, entryPath: [], header, headerPath };
}

function entryOf(role: 'voter' | 'follower'): Uint8Array {
  const { publicKey } = stranger;
  const given = { name: 'late', address: null, supersedes: null };
  const change = { kind: 'grant', publicKey, role, ...given } as const;
  return signMembership({ version: 1, change }, chainId, engineer);
}

test('who is behind believes the members that the changes make, not those it knows', () => {
  const entry = entryOf('voter');
  const { chain: changed, snapshot: made } = make([{ entry }]);
  const changes = [provenAt5(changed, entry, signedSize)];
  const signedBy = (...also: readonly (typeof gateway)[]) =>
    checkSnapshot(
      suite,
      encodeSnapshot({
        ...made,
        changes,
        checkpoint: noteOf(changed, signedSize, gateway, { also }),
      }),
      known,
    );
  expect(signedBy()).toMatchObject({
    code: 'checkpoint',
    detail: '1 of 2 voters have signed it, 2 are needed',
  });
  expect(signedBy(stranger)).toMatchObject({ ok: true });
});

test('the state of a block in the middle of a group is not one to go on from', () => {
  const entry = entryOf('follower');
  const middle = new TestChain();
  for (let height = 1; height < 6; height++) {
    middle.apply(bodyOf(startMs + height * 1_000, height === 5 ? [{ entry }] : []));
  }
  const { tree } = middle.ledger;
  const block = middle.blocks[5];
  if (block === undefined) throw new Error('a block changes the members');
  const outputIndex = block.outputs.length - 1;
  const { salt: outputSalt, outputPath } = proveOutput(suite, block.outputs, outputIndex);
  const checked = checkSnapshot(
    suite,
    encodeSnapshot({
      header: block.headerBytes,
      groupHashes: [tree.root(6)],
      headerPath: tree.inclusion(5, 6),
      checkpoint: noteOf(middle, 6, gateway),
      consistency: [],
      ...{ outputIndex, outputSalt, outputPath, pairs: middle.ledger.statePairs() },
      changes: [provenAt5(middle, entry, 6)],
    }),
    known,
  );
  expect(checked).toMatchObject({ code: 'history' });
});

test('there are as many pairs as it says, before any of them counts', () => {
  const part = encode(['zz', zeros]);
  const more = concat(sound, u32(part.length), part);
  expect(checkSnapshot(suite, more, known)).toMatchObject({ code: 'form' });
});

/** A line that is no known member's binds nothing, and nothing rests on it. */
function withoutLines({ checkpoint, ...rest }: Snapshot) {
  return { ...rest, checkpoint: checkpoint.slice(0, checkpoint.indexOf('\n\n')) };
}

test('any bit that flips in what counts, and whatever is cut off or added, is found', () => {
  fc.assert(
    fc.property(fc.nat(sound.length - 1), fc.nat(7), (at, bit) => {
      const flipped = sound.with(at, (sound[at] ?? 0) ^ (1 << bit));
      const checked = checkSnapshot(suite, flipped, known);
      if (checked.ok) expect(withoutLines(checked.value.snapshot)).toEqual(withoutLines(snapshot));
      expect(checkSnapshot(suite, sound.slice(0, at), known).ok).toBe(false);
    }),
    { seed: 1, numRuns: 400 },
  );
  expect(checkSnapshot(suite, concat(sound, Uint8Array.of(0)), known).ok).toBe(false);
});

test('bytes that are no snapshot are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (input) => {
      expect(openSnapshot(input)).toMatchObject({ ok: false, code: 'form' });
    }),
    { seed: 2, numRuns: 300 },
  );
});
