// SPDX-License-Identifier: Apache-2.0
// What a gateway sends up when the members of its chain have changed: every change with its proof, under a
// checkpoint that the members before and the members after have both co-signed as the policy asks. So no
// set of members replaces another without that other's word.

import { equal, toHex } from '../../base/bytes.ts';
import { parseCheckpoint } from '../../base/checkpoint.ts';
import { sign1, verifySign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { type Content, decodeWith, encodeWith, text } from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { parseNote } from '../../base/note.ts';
import { record } from '../../base/records.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { checkLines, checkPolicy } from './anchor.ts';
import { chainAad, mediaType } from './entry.ts';
import { followChanges, type Membership, provenChangesField } from './membership-proof.ts';
import { chainOrigin } from './names.ts';
import { type OpenStatement, openStatement } from './statement.ts';

const membershipMessageField = record({
  /** All changes since the genesis, in their order. */
  changes: [1, provenChangesField],
  /** Checkpoint of the chain as a signed note, with the log's line by the sender. */
  note: [2, text(limits.noteBytesMax)],
});

export type MembershipMessage = Content<typeof membershipMessageField>;

export type OpenMembershipMessage = OpenStatement & {
  readonly bytes: Uint8Array;
  readonly message: MembershipMessage;
};

export type MembershipFlaw =
  | 'unknown-signer'
  | 'signature'
  | 'cosignature'
  | 'membership'
  | 'policy';

export function signMembershipMessage(
  message: MembershipMessage,
  chainId: Uint8Array,
  signer: Signer,
): Uint8Array {
  return sign1(
    {
      type: mediaType('membership-message'),
      kid: signer.keyId,
      payload: encodeWith(membershipMessageField, message),
      externalAad: chainAad(chainId),
    },
    signer,
  );
}

/** Checks the form alone. Bytes are attacker-controlled. */
export function openMembershipMessage(
  input: Uint8Array,
): Result<OpenMembershipMessage, 'membership'> {
  const bytesMax = limits.messageBytesMax;
  const opened = openStatement(input, { kind: 'membership-message', bytesMax });
  if (!opened.ok) return refuse('membership', opened.detail);
  const payload = decodeWith(membershipMessageField, opened.value.payload, {
    name: 'membership-message',
    bytesMax,
  });
  if (!payload.ok) return refuse('membership', payload.detail);
  return accept({ ...opened.value, bytes: input, message: payload.value });
}

/**
 * The membership that the message proves. One that brings nothing new leaves it as it is known.
 * @param known what the receiver holds of the chain now.
 */
export function checkMembershipMessage(
  suite: Suite,
  open: OpenMembershipMessage,
  known: {
    readonly chainId: Uint8Array;
    readonly membership: Membership;
    readonly distrusted: readonly Uint8Array[];
  },
): Result<Membership, MembershipFlaw> {
  const { chainId, membership: before, distrusted } = known;
  const { changes, note: text } = open.message;
  if (changes.length <= before.version) return accept(before);
  const note = parseNote(text, { strict: true });
  if (!note.ok) return refuse('membership', note.detail);
  const checkpoint = parseCheckpoint(note.value.body);
  if (!checkpoint.ok) return refuse('membership', checkpoint.detail);
  if (checkpoint.value.origin !== chainOrigin(chainId)) {
    return refuse('membership', 'its checkpoint is of another chain');
  }
  const given = { chainId, from: before, checkpoint: checkpoint.value };
  const followed = followChanges(suite, changes, given);
  if (!followed.ok) return followed;
  const after = followed.value;

  // Whoever is a member before or after may have signed; those of both lists have one key in both.
  const members = after.members.filter(
    ({ revoked, keyId }) =>
      !revoked || before.members.some((one) => !one.revoked && equal(one.keyId, keyId)),
  );
  const author = members.find(({ keyId }) => equal(keyId, open.keyId));
  if (author === undefined) {
    return refuse('unknown-signer', `${toHex(open.keyId)} is no member of this chain`);
  }
  const by = { publicKey: author.publicKey, externalAad: chainAad(chainId) };
  if (!verifySign1(suite, open.sign1, by)) {
    return refuse('signature', 'the signature of the message does not verify');
  }
  const signed = checkLines(suite, { chainId, ...note.value }, { author, members });
  if (!signed.ok) return signed;
  for (const signatories of [before, after]) {
    const enough = checkPolicy(signed.value, { ...signatories, distrusted });
    if (!enough.ok) return enough;
  }
  return accept(after);
}
