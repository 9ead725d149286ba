// SPDX-License-Identifier: Apache-2.0
// How the members of a chain came to be those that they are, for whoever does not hold the chain: every
// change with the proof that it stands under one checkpoint. What a change may do is judged as the chain
// judges it; that the checkpoint itself deserves belief is for others to judge.

import { equal, toHex } from '../../base/bytes.ts';
import { parseCheckpoint } from '../../base/checkpoint.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { bytes, bytesUpTo, type Content, listOf, text, uint } from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { leafHash, verifyInclusion } from '../../base/merkle.ts';
import { parseNote } from '../../base/note.ts';
import { record } from '../../base/records.ts';
import type { Suite } from '../../base/suite.ts';
import { checkLines, checkPolicy } from './anchor.ts';
import { openEntry, verifyEntry } from './entry.ts';
import type { Genesis } from './genesis.ts';
import { decodeHeader, type Header } from './header.ts';
import { changeMembers } from './judge-membership.ts';
import {
  foundingMembers,
  foundingPersons,
  type Member,
  membersRight,
  type Person,
} from './member.ts';
import { decodeMembership } from './membership.ts';
import { chainOrigin } from './names.ts';
import type { Policy } from './policy.ts';

const pathField = listOf(bytes(32), limits.proofHashesMax);

const provenChangeField = record({
  /** The membership entry, as signed. */
  entry: [1, bytesUpTo(limits.entryBytesMax)],
  /** Its place under the entry root of its block. */
  entryIndex: [2, uint()],
  entryPath: [3, pathField],
  header: [4, bytesUpTo(limits.headerBytesMax)],
  /** Inclusion of the header under the checkpoint. */
  headerPath: [5, pathField],
});

export type ProvenChange = Content<typeof provenChangeField>;

/** All changes from the first on, in their order. */
export const provenChangesField = listOf(provenChangeField, limits.membershipChangesMax);

/** For a bundle, whose anchor may be older or newer than what the changes are proven under. */
export const membershipProofField = record({
  changes: [1, provenChangesField],
  /** Checkpoint that the changes stand under, co-signed by the members that they make; else the anchor's. */
  note: [2, text(limits.noteBytesMax), 'optional'],
});

export type MembershipProof = Content<typeof membershipProofField>;

/** Who is a member, and who may change that, after so many changes. */
export type Membership = {
  readonly members: readonly Member[];
  readonly persons: readonly Person[];
  readonly policy: Policy;
  /** Of the newest change; 0 for the genesis. */
  readonly version: number;
};

export function foundingMembership(suite: Suite, genesis: Genesis): Membership {
  return {
    members: foundingMembers(suite, genesis.members),
    persons: foundingPersons(suite, genesis.persons),
    policy: genesis.policy,
    version: 0,
  };
}

/**
 * The membership after all of `changes`; those that `from` knows already are passed over unread.
 * `changes` are attacker-controlled, the checkpoint is that of the chain.
 */
export function followChanges(
  suite: Suite,
  changes: readonly ProvenChange[],
  given: {
    readonly chainId: Uint8Array;
    readonly from: Membership;
    readonly checkpoint: { readonly size: number; readonly root: Uint8Array };
    /** Changes of later blocks count for nothing. By default all count. */
    readonly untilSize?: number;
  },
): Result<Membership, 'membership'> {
  let membership = given.from;
  let height = 0;
  for (const change of changes.slice(given.from.version)) {
    const header = openHeader(suite, change, given);
    if (!header.ok) return header;
    if (header.value.height < height) return refuse('membership', 'its blocks are not in order');
    height = header.value.height;
    if (height >= (given.untilSize ?? Number.POSITIVE_INFINITY)) break;
    const next = follow(suite, change, { chainId: given.chainId, membership, height });
    if (!next.ok) return next;
    membership = next.value;
  }
  return accept(membership);
}

/** The block that holds the change, proven to be of the chain and to hold it. */
function openHeader(
  suite: Suite,
  change: ProvenChange,
  {
    chainId,
    checkpoint,
  }: {
    readonly chainId: Uint8Array;
    readonly checkpoint: { readonly size: number; readonly root: Uint8Array };
  },
): Result<Header, 'membership'> {
  const header = decodeHeader(change.header);
  if (!header.ok) return refuse('membership', header.detail);
  if (!equal(header.value.chainId, chainId)) return refuse('membership', 'of another chain');
  const { height, entryCount, entryRoot } = header.value;
  const inHistory = verifyInclusion(suite, {
    leafHash: leafHash(suite, change.header),
    index: height,
    size: checkpoint.size,
    path: change.headerPath,
    root: checkpoint.root,
  });
  if (!inHistory) return refuse('membership', `block ${height} is not under the checkpoint`);
  const inBlock = verifyInclusion(suite, {
    leafHash: leafHash(suite, change.entry),
    index: change.entryIndex,
    size: entryCount,
    path: change.entryPath,
    root: entryRoot,
  });
  if (!inBlock) return refuse('membership', `the change is not in block ${height}`);
  return accept(header.value);
}

function follow(
  suite: Suite,
  change: ProvenChange,
  given: {
    readonly chainId: Uint8Array;
    readonly membership: Membership;
    readonly height: number;
  },
): Result<Membership, 'membership'> {
  const { chainId, membership, height } = given;
  const entry = openEntry(suite, change.entry);
  if (!entry.ok) return refuse('membership', entry.detail);
  const { keyId: by, kind, payload } = entry.value;
  if (kind !== 'membership') return refuse('membership', `an entry of kind ${kind}`);
  const person = membership.persons.find(({ keyId }) => equal(keyId, by));
  if (person === undefined || !person.rights.includes(membersRight)) {
    return refuse('membership', `${toHex(by)} may not change the members`);
  }
  if (!verifyEntry(suite, entry.value, { publicKey: person.publicKey, chainId })) {
    return refuse('membership', `the signature of ${person.name} does not verify`);
  }
  const decoded = decodeMembership(payload);
  if (!decoded.ok) return refuse('membership', decoded.detail);
  const { version, change: wanted } = decoded.value;
  if (version !== membership.version + 1) {
    return refuse('membership', `change ${version} does not follow ${membership.version}`);
  }
  const changed = changeMembers(suite, wanted, { ...membership, height, by });
  if (!changed.ok) return refuse('membership', `change ${version}: ${changed.detail}`);
  return accept({ ...membership, members: changed.value, version });
}

/**
 * The members at the anchor's checkpoint, from the genesis on. Where the changes are proven under another
 * checkpoint, that is co-signed by the members that all of them make.
 */
export function membershipAt(
  suite: Suite,
  proof: MembershipProof | undefined,
  given: {
    readonly chainId: Uint8Array;
    readonly founding: Membership;
    readonly checkpoint: { readonly size: number; readonly root: Uint8Array };
  },
): Result<Membership, 'membership'> {
  const { chainId, founding: from, checkpoint } = given;
  const changes = proof?.changes ?? [];
  if (proof?.note === undefined)
    return followChanges(suite, changes, { chainId, from, checkpoint });
  const note = parseNote(proof.note, { strict: true });
  if (!note.ok) return refuse('membership', note.detail);
  const other = parseCheckpoint(note.value.body);
  if (!other.ok) return refuse('membership', other.detail);
  if (other.value.origin !== chainOrigin(chainId)) {
    return refuse('membership', 'its checkpoint is of another chain');
  }
  const all = followChanges(suite, changes, { chainId, from, checkpoint: other.value });
  if (!all.ok) return all;
  const members = all.value.members;
  const signed = checkLines(suite, { chainId, ...note.value }, { members });
  if (!signed.ok) return refuse('membership', signed.detail);
  const enough = checkPolicy(signed.value, all.value);
  if (!enough.ok) return refuse('membership', enough.detail);
  const untilSize = checkpoint.size;
  return followChanges(suite, changes, { chainId, from, checkpoint: other.value, untilSize });
}
