// SPDX-License-Identifier: Apache-2.0
// A state that can be proved, for a member whose next block the others no longer have: header, tree hashes
// of all groups before, the state, the changes of the members, and a checkpoint that enough of those have
// signed who are members by them, from the genesis on. Nothing in it is believed for being there: each
// part is bound by a hash to what was signed.

import { compare, concat, equal, u32, utf8 } from '../../base/bytes.ts';
import { parseCheckpoint, verifyLogSignature } from '../../base/checkpoint.ts';
import { verifyCosignature } from '../../base/cosignature.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  choice,
  decodeWith,
  encodeWith,
  listOf,
  text,
  tuple,
  uint,
} from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { leafHash, rootOf, verifyConsistency, verifyInclusion } from '../../base/merkle.ts';
import { parseNote } from '../../base/note.ts';
import { saltedLeaf } from '../../base/pack.ts';
import { record } from '../../base/records.ts';
import type { Suite } from '../../base/suite.ts';
import { groupSize } from '../../base/tree.ts';
import { decodeHeader, type Header } from './header.ts';
import { followChanges, type Membership, provenChangesField } from './membership-proof.ts';
import { chainOrigin, cosignerName } from './names.ts';
import { encodeStateRoot } from './own-outputs.ts';
import { signersNeeded } from './policy.ts';
import { membershipVersionIn } from './registry.ts';
import { stateRoot } from './state.ts';

const path = listOf(bytes(32), limits.proofHashesMax);

const headField = record({
  version: [1, choice(1)],
  header: [2, bytesUpTo(1_024)],
  /** Of all groups up to the header's, which is the last of its group. */
  groupHashes: [3, listOf(bytes(32), limits.snapshotGroupsMax)],
  headerPath: [4, path],
  /** Signed note of a checkpoint of at least so many blocks. */
  checkpoint: [5, text(limits.noteBytesMax)],
  consistency: [6, path],
  /** The output that is the state root: its place, its salt, its path. */
  outputIndex: [7, uint(limits.outputsPerBlockMax)],
  outputSalt: [8, bytes(16)],
  outputPath: [9, path],
  pairCount: [10, uint(limits.snapshotPairsMax)],
  /** All changes of the members under the checkpoint; none where their proofs were carried away. */
  changes: [11, provenChangesField],
});

const pairField = tuple(text(limits.snapshotKeyMax), bytesUpTo(limits.cborBytesMax));

type Head = Content<typeof headField>;
export type StatePair = readonly [key: string, value: Uint8Array];
export type Snapshot = Omit<Head, 'version' | 'pairCount'> & {
  readonly pairs: readonly StatePair[];
};

export type SnapshotFlaw = 'form' | 'header' | 'history' | 'membership' | 'checkpoint' | 'state';

export function encodeSnapshot({ pairs, ...head }: Snapshot): Uint8Array {
  const parts = [encodeWith(headField, { version: 1, ...head, pairCount: pairs.length })];
  for (const pair of pairs) parts.push(encodeWith(pairField, pair));
  return concat(...parts.flatMap((part) => [u32(part.length), part]));
}

/** attacker-controlled */
export function openSnapshot(input: Uint8Array): Result<Snapshot, 'form'> {
  if (input.length > limits.snapshotBytesMax) return refuse('form', 'it is too long');
  const parts = partsOf(input);
  const [first, ...rest] = parts ?? [];
  if (first === undefined) return refuse('form', 'it is cut off');
  const head = decodeWith(headField, first, { name: 'snapshot' });
  if (!head.ok) return refuse('form', head.detail);
  const { version: _, pairCount, ...parsed } = head.value;
  if (rest.length !== pairCount) return refuse('form', 'pairs of the state are missing');
  const pairs: StatePair[] = [];
  for (const part of rest) {
    const pair = decodeWith(pairField, part, { name: 'pair' });
    if (!pair.ok) return refuse('form', pair.detail);
    const before = pairs.at(-1)?.[0];
    const isAfter = before === undefined || compare(utf8(before), utf8(pair.value[0])) < 0;
    if (!isAfter) return refuse('form', 'the pairs of the state are not in order');
    pairs.push(pair.value);
  }
  return accept({ ...parsed, pairs });
}

export type KnownMembers = {
  readonly chainId: Uint8Array;
  readonly founding: Membership;
  readonly own: Membership;
};

export type CheckedSnapshot = { readonly snapshot: Snapshot; readonly header: Header };

/**
 * From the header down to the signatures. attacker-controlled.
 * @param known what the genesis says of the members, and what the receiver's own copy of the chain
 * does: whichever of that and the snapshot has more changes counts.
 */
export function checkSnapshot(
  suite: Suite,
  input: Uint8Array,
  known: KnownMembers,
): Result<CheckedSnapshot, SnapshotFlaw> {
  const opened = openSnapshot(input);
  if (!opened.ok) return opened;
  const snapshot = opened.value;
  const header = decodeHeader(snapshot.header);
  if (!header.ok) return refuse('header', header.detail);
  const { height, chainId } = header.value;
  if (!equal(chainId, known.chainId)) return refuse('header', 'it is of another chain');
  const size = height + 1;
  if (size !== snapshot.groupHashes.length * groupSize) {
    return refuse('history', 'the header does not end the last of the groups');
  }
  const root = rootOf(suite, snapshot.groupHashes);
  const isLast = verifyInclusion(suite, {
    leafHash: leafHash(suite, snapshot.header),
    index: height,
    size,
    path: snapshot.headerPath,
    root,
  });
  if (!isLast) return refuse('history', 'the header is not the last under its tree hashes');
  const flaw =
    flawOfCheckpoint(suite, snapshot, { ...known, size, root }) ??
    flawOfState(suite, snapshot, header.value) ??
    flawOfTrail(suite, snapshot, { ...known, size });
  return flaw ?? accept({ snapshot, header: header.value });
}

function flawOfState(
  suite: Suite,
  snapshot: Snapshot,
  { outputRoot, outputCount }: Header,
): Result<never, 'state'> | undefined {
  const { pairs, outputSalt, outputIndex, outputPath } = snapshot;
  const output = encodeStateRoot(stateRoot(suite, pairs), pairs.length);
  const isStated = verifyInclusion(suite, {
    leafHash: leafHash(suite, saltedLeaf(outputSalt, output)),
    index: outputIndex,
    size: outputCount,
    path: outputPath,
    root: outputRoot,
  });
  return isStated ? undefined : refuse('state', 'the block states the root of another state');
}

/**
 * A trail that ends early would leave a member that was revoked among those whose word counts: the
 * state, which is proven, says how many changes there were.
 */
function flawOfTrail(
  suite: Suite,
  { changes, checkpoint, pairs }: Snapshot,
  { chainId, founding: from, own, size }: KnownMembers & { readonly size: number },
): Result<never, 'membership'> | undefined {
  const stated = membershipVersionIn(pairs);
  const note = parseNote(checkpoint, { strict: true });
  const under = note.ok ? parseCheckpoint(note.value.body) : note;
  if (stated === undefined || !under.ok) return refuse('membership', 'not to be read');
  const trail = { chainId, from, checkpoint: under.value, untilSize: size };
  const followed = followChanges(suite, changes, trail);
  if (!followed.ok) return followed;
  const known = Math.max(followed.value.version, own.version);
  if (known >= stated) return undefined;
  return refuse('membership', `${known} of ${stated} changes of the members are proven`);
}

function flawOfCheckpoint(
  suite: Suite,
  { checkpoint, consistency, changes }: Snapshot,
  at: KnownMembers & { readonly size: number; readonly root: Uint8Array },
): Result<never, 'checkpoint' | 'membership'> | undefined {
  const note = parseNote(checkpoint, { strict: true });
  if (!note.ok) return refuse('checkpoint', note.detail);
  const { body, lines } = note.value;
  const stated = parseCheckpoint(body);
  if (!stated.ok) return stated;
  const origin = chainOrigin(at.chainId);
  if (stated.value.origin !== origin) return refuse('checkpoint', 'it is of another log');
  const { size: to, root: toRoot } = stated.value;
  const grown = { from: at.size, to, fromRoot: at.root, toRoot, path: consistency };
  if (to < at.size || !verifyConsistency(suite, grown)) {
    return refuse('checkpoint', 'it does not cover the block');
  }
  const { chainId, founding: from, own } = at;
  const followed = followChanges(suite, changes, { chainId, from, checkpoint: stated.value });
  if (!followed.ok) return followed;
  const { members, policy } = followed.value.version < own.version ? own : followed.value;
  const voters = members.filter(({ role, revoked }) => role === 'voter' && !revoked);
  const signed = voters.filter(({ keyId, publicKey }) => {
    const name = cosignerName(at.chainId, keyId);
    return lines.some(
      (line) => line.name === name && verifyCosignature(suite, body, line, { name, publicKey }).ok,
    );
  });
  const others = lines.filter(({ name }) => name === origin);
  const isLogged = others.every((line) =>
    members.some(({ publicKey }) =>
      verifyLogSignature(suite, body, line, { name: origin, publicKey }),
    ),
  );
  if (!isLogged) return refuse('checkpoint', 'the log signature does not hold');
  const needed = voters.length === 0 ? 1 : signersNeeded(policy, voters.length);
  if (signed.length >= needed) return undefined;
  const count = `${signed.length} of ${voters.length} voters have signed it`;
  return refuse('checkpoint', `${count}, ${needed} are needed`);
}

function partsOf(input: Uint8Array): readonly Uint8Array[] | undefined {
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < input.length; ) {
    if (at + 4 > input.length) return undefined;
    const end = at + 4 + view.getUint32(at);
    if (end > input.length) return undefined;
    parts.push(input.slice(at + 4, end));
    at = end;
  }
  return parts;
}
