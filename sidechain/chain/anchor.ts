// SPDX-License-Identifier: Apache-2.0
// Anchor: the statement by which a gateway puts a co-signed checkpoint of its chain before the main chain.
// It is a COSE_Sign1 with the signer and the chain as CWT claims (a signed statement as in RFC 9943).

import { equal, toHex } from '../../base/bytes.ts';
import { type Checkpoint, parseCheckpoint, verifyLogSignature } from '../../base/checkpoint.ts';
import { decodeSign1, type Sign1, sign1, verifySign1 } from '../../base/cose.ts';
import { verifyCosignature } from '../../base/cosignature.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  type Content,
  decodeWith,
  encodeWith,
  listOf,
  text,
  uint,
} from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { parseNote, type SignatureLine } from '../../base/note.ts';
import { record } from '../../base/records.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { mediaType } from './entry.ts';
import { chainIdOfOrigin, chainOrigin, cosignerName } from './names.ts';
import { type Policy, signersNeeded } from './policy.ts';

const anchorField = record({
  /** Checkpoint of the chain as a signed note, with the log's line and the members' co-signatures. */
  note: [1, text(limits.noteBytesMax)],
  /** Size that the consistency proof starts from: the last one the sender knows to be anchored; 0 = none. */
  from: [2, uint()],
  consistency: [3, listOf(bytes(32), limits.proofHashesMax)],
  /** Size of the main log in the newest receipt that this chain holds, 0 when it holds none. */
  receiptSize: [4, uint()],
});

export type Anchor = Content<typeof anchorField>;

export type OpenAnchor = {
  readonly bytes: Uint8Array;
  readonly chainId: Uint8Array;
  readonly keyId: Uint8Array;
  readonly anchor: Anchor;
  readonly checkpoint: Checkpoint;
  /** Signed text of the note. */
  readonly body: string;
  readonly lines: readonly SignatureLine[];
  readonly sign1: Sign1;
};

/** Who may sign and how many must. */
export type Signatories = {
  readonly members: readonly {
    readonly keyId: Uint8Array;
    readonly publicKey: Uint8Array;
    readonly role: 'voter' | 'follower';
    readonly revoked: boolean;
  }[];
  readonly policy: Policy;
  /** Key ids of members that have signed two histories: their co-signatures count for nothing. */
  readonly distrusted?: readonly Uint8Array[];
};

export type AnchorFlaw = 'unknown-signer' | 'signature' | 'cosignature' | 'policy';

export function signAnchor(anchor: Anchor, chainId: Uint8Array, signer: Signer): Uint8Array {
  return sign1(
    {
      type: mediaType('anchor'),
      kid: signer.keyId,
      claims: { issuer: cosignerName(chainId, signer.keyId), subject: chainOrigin(chainId) },
      payload: encodeWith(anchorField, anchor),
    },
    signer,
  );
}

/** Checks form and that the parts agree on the chain; signatures are `checkAnchor`'s. Attacker-controlled. */
export function openAnchor(input: Uint8Array): Result<OpenAnchor, 'anchor'> {
  if (input.length > limits.messageBytesMax) return refuse('anchor', `${input.length} bytes`);
  const decoded = decodeSign1(input, { hasViews: true });
  if (!decoded.ok) return refuse('anchor', decoded.detail);
  const sign = decoded.value;
  if (sign.type !== mediaType('anchor')) return refuse('anchor', `of type ${sign.type}`);
  if (sign.payload === null || sign.unprotected.size > 0) return refuse('anchor', 'not closed');
  const payload = decodeWith(anchorField, sign.payload, { name: 'anchor' });
  if (!payload.ok) return refuse('anchor', payload.detail);
  const note = parseNote(payload.value.note, { strict: true });
  if (!note.ok) return refuse('anchor', note.detail);
  const checkpoint = parseCheckpoint(note.value.body);
  if (!checkpoint.ok) return refuse('anchor', checkpoint.detail);
  const chainId = chainIdOfOrigin(checkpoint.value.origin);
  if (chainId === undefined) return refuse('anchor', 'its origin is not a sidechain');
  const claims = sign.claims;
  const agrees =
    claims?.subject === checkpoint.value.origin &&
    claims.issuer === cosignerName(chainId, sign.kid);
  if (!agrees) return refuse('anchor', 'its claims name another chain or signer');
  if (checkpoint.value.size < 1) return refuse('anchor', 'its checkpoint is empty');
  return accept({
    bytes: input,
    chainId,
    keyId: sign.kid,
    anchor: payload.value,
    checkpoint: checkpoint.value,
    body: note.value.body,
    lines: note.value.lines,
    sign1: sign,
  });
}

/**
 * The anchor's own signature, the log signature by the same member, every other line of its note, and the
 * policy. A line that is not a member's or does not verify is refused: nothing rides along unchecked.
 * @returns key ids of the voters that co-signed.
 */
export function checkAnchor(
  suite: Suite,
  open: OpenAnchor,
  signatories: Signatories,
): Result<{ readonly cosigners: readonly Uint8Array[] }, AnchorFlaw> {
  const author = activeMembers(signatories).find(({ keyId }) => equal(keyId, open.keyId));
  if (author === undefined) {
    return refuse('unknown-signer', `${toHex(open.keyId)} is no member of this chain`);
  }
  if (!verifySign1(suite, open.sign1, { publicKey: author.publicKey })) {
    return refuse('signature', 'the signature of the anchor does not verify');
  }
  const signed = checkLines(suite, open, { author, members: activeMembers(signatories) });
  if (!signed.ok) return signed;
  return checkPolicy(signed.value, signatories);
}

export type SignedCheckpoint = Pick<OpenAnchor, 'chainId' | 'body' | 'lines'>;

type Member = Signatories['members'][number];

function activeMembers({ members }: Signatories): readonly Member[] {
  return members.filter(({ revoked }) => !revoked);
}

/**
 * Every line of the note: one as the log's, by `author` or else any member, all others co-signatures.
 * @returns the members that co-signed, each once.
 */
export function checkLines(
  suite: Suite,
  { chainId, body, lines }: SignedCheckpoint,
  by: { readonly author?: Member; readonly members: readonly Member[] },
): Result<readonly Member[], AnchorFlaw> {
  const cosigners = new Map<string, Member>();
  const origin = chainOrigin(chainId);
  const named = new Map(by.members.map((one) => [`${origin}/${toHex(one.keyId)}`, one]));
  let isLogSigned = false;
  for (const line of lines) {
    if (line.name === origin) {
      const authors = by.author === undefined ? by.members : [by.author];
      isLogSigned = authors.some(({ publicKey }) =>
        verifyLogSignature(suite, body, line, { name: line.name, publicKey }),
      );
      if (!isLogSigned) return refuse('signature', 'the log signature does not verify');
      continue;
    }
    const member = named.get(line.name);
    if (member === undefined) return refuse('cosignature', "a line that is no member's");
    const key = { name: line.name, publicKey: member.publicKey };
    const cosigned = verifyCosignature(suite, body, line, key);
    if (!cosigned.ok) return refuse('cosignature', `${line.name}: ${cosigned.detail}`);
    cosigners.set(toHex(member.keyId), member);
  }
  if (!isLogSigned) return refuse('signature', 'the checkpoint lacks the log signature');
  return accept([...cosigners.values()]);
}

/** Whether enough of these are voters that count. @returns the key ids of those. */
export function checkPolicy(
  signers: readonly Pick<Member, 'keyId'>[],
  signatories: Signatories,
): Result<{ readonly cosigners: readonly Uint8Array[] }, 'policy'> {
  const voters = activeMembers(signatories).filter(({ role }) => role === 'voter');
  if (voters.length === 0) return refuse('policy', 'no voter is left whose co-signature counts');
  const cosigners = signers
    .map(({ keyId }) => keyId)
    .filter((keyId) => voters.some((voter) => equal(voter.keyId, keyId)))
    .filter((keyId) => signatories.distrusted?.some((one) => equal(one, keyId)) !== true);
  const needed = signersNeeded(signatories.policy, voters.length);
  return cosigners.length < needed
    ? refuse('policy', `co-signed by ${cosigners.length} voters, ${needed} are needed`)
    : accept({ cosigners });
}
