// SPDX-License-Identifier: Apache-2.0
// What a member reports of the others to the centre: that one has signed two histories, or that the
// leader withholds entries from blocks. A signed statement of its own, which the centre can check
// by itself as far as it can be checked at all; it is no entry of the chain.

import { compare, equal, toHex } from '../../base/bytes.ts';
import { formatCheckpoint, parseCheckpoint } from '../../base/checkpoint.ts';
import { sign1, verifySign1 } from '../../base/cose.ts';
import { cosignerKeyType, verifyCosignature } from '../../base/cosignature.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  type Content,
  choice,
  decodeWith,
  encodeWith,
  text,
  uint,
} from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { formatNote, keyHash, parseNote } from '../../base/note.ts';
import { byKind, record } from '../../base/records.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { unixMsField } from '../../base/unix-time.ts';
import type { Signatories } from './anchor.ts';
import { chainAad, mediaType } from './entry.ts';
import { chainOrigin, cosignerName } from './names.ts';
import { type OpenStatement, openStatement } from './statement.ts';

const note = text(limits.reportNoteBytesMax);

const reportField = byKind(0, {
  /** Two checkpoints of one size, co-signed by one member; the smaller root first. */
  evidence: record({
    kind: [0, choice('evidence')],
    timeMs: [1, unixMsField],
    /** Key id of the member that has signed both. */
    member: [2, bytes(8)],
    one: [3, note],
    other: [4, note],
  }),
  /** An entry that is signed and in no block, though there is a leader. Nothing proves that. */
  withheld: record({
    kind: [0, choice('withheld')],
    timeMs: [1, unixMsField],
    /** Key id of the leader, and its term. */
    leader: [2, bytes(8)],
    term: [3, uint(limits.raftNumberMax)],
    /** SHA-256 of the entry, and for how long it has waited under a leader. */
    entryId: [4, bytes(32)],
    waitedMs: [5, uint()],
    /** Of the newest block. */
    height: [6, uint()],
  }),
});

export type Report = Content<typeof reportField>;

/** What is said of an entry that a leader withholds. */
export type Withheld = Omit<Extract<Report, { readonly kind: 'withheld' }>, 'kind' | 'timeMs'>;

export type OpenReport = OpenStatement & { readonly bytes: Uint8Array; readonly report: Report };

/** Two co-signatures of one member: `signature` is that of the line, 72 bytes. */
export type Evidence = {
  readonly member: Uint8Array;
  readonly size: number;
  readonly rootOne: Uint8Array;
  readonly signatureOne: Uint8Array;
  readonly rootOther: Uint8Array;
  readonly signatureOther: Uint8Array;
};

export type ReportFlaw = 'unknown-signer' | 'signature' | 'evidence';

export function signReport(report: Report, chainId: Uint8Array, signer: Signer): Uint8Array {
  return sign1(
    {
      type: mediaType('report'),
      kid: signer.keyId,
      payload: encodeWith(reportField, report),
      externalAad: chainAad(chainId),
    },
    signer,
  );
}

/** Checks the form, not what it says. Bytes are attacker-controlled. */
export function openReport(input: Uint8Array): Result<OpenReport, 'report'> {
  const opened = openStatement(input, { kind: 'report', bytesMax: limits.reportBytesMax });
  if (!opened.ok) return refuse('report', opened.detail);
  const { payload, sign1: signed } = opened.value;
  if (signed.unprotected.size > 0) return refuse('report', 'it has unprotected headers');
  const report = decodeWith(reportField, payload, { name: 'report' });
  if (!report.ok) return refuse('report', report.detail);
  return accept({ ...opened.value, bytes: input, report: report.value });
}

/** What the same member reports twice has the same name. */
export function subjectOf(report: Report): string {
  switch (report.kind) {
    case 'evidence':
      return `evidence/${toHex(report.member)}`;
    case 'withheld':
      return `withheld/${report.term}`;
  }
}

/** Whether a member has signed it, and whether what it proves is proven. */
export function checkReport(
  suite: Suite,
  { keyId, sign1: signed, report }: OpenReport,
  on: { readonly chainId: Uint8Array; readonly members: Signatories['members'] },
): Result<undefined, ReportFlaw> {
  const author = on.members.find((member) => equal(member.keyId, keyId));
  if (author === undefined || author.revoked) {
    return refuse('unknown-signer', `${toHex(keyId)} is no member of this chain`);
  }
  const by = { publicKey: author.publicKey, externalAad: chainAad(on.chainId) };
  if (!verifySign1(suite, signed, by)) {
    return refuse('signature', 'the signature of the report does not verify');
  }
  if (report.kind !== 'evidence') return accept(undefined);
  const member = on.members.find((one) => equal(one.keyId, report.member));
  if (member === undefined) return refuse('evidence', 'against one who is no member');
  const signer = { name: cosignerName(on.chainId, member.keyId), publicKey: member.publicKey };
  const one = checkpointIn(suite, report.one, { ...signer, chainId: on.chainId });
  const other = checkpointIn(suite, report.other, { ...signer, chainId: on.chainId });
  if (!one.ok) return one;
  if (!other.ok) return other;
  const isTwice = one.value.size === other.value.size;
  return isTwice && compare(one.value.root, other.value.root) < 0
    ? accept(undefined)
    : refuse('evidence', 'not two roots at one size, the smaller one first');
}

/** The report of this evidence, in its one form. */
export function evidenceReport(
  suite: Suite,
  evidence: Evidence,
  of: { readonly chainId: Uint8Array; readonly publicKey: Uint8Array; readonly timeMs: number },
): Report {
  const { member, size, rootOne, signatureOne, rootOther, signatureOther } = evidence;
  const name = cosignerName(of.chainId, member);
  const hash = keyHash(suite, name, cosignerKeyType, of.publicKey);
  const noteOf = (root: Uint8Array, signature: Uint8Array): string =>
    formatNote(formatCheckpoint({ origin: chainOrigin(of.chainId), size, root }), [
      { name, keyHash: hash, signature },
    ]);
  const notes = [noteOf(rootOne, signatureOne), noteOf(rootOther, signatureOther)] as const;
  const [one, other] = compare(rootOne, rootOther) < 0 ? notes : [notes[1], notes[0]];
  return { kind: 'evidence', timeMs: of.timeMs, member, one, other };
}

function checkpointIn(
  suite: Suite,
  given: string,
  by: {
    readonly chainId: Uint8Array;
    readonly name: string;
    readonly publicKey: Uint8Array;
  },
): Result<{ readonly size: number; readonly root: Uint8Array }, 'evidence'> {
  const parsed = parseNote(given, { strict: true });
  if (!parsed.ok) return refuse('evidence', parsed.detail);
  const { body, lines } = parsed.value;
  const checkpoint = parseCheckpoint(body);
  if (!checkpoint.ok) return refuse('evidence', checkpoint.detail);
  if (checkpoint.value.origin !== chainOrigin(by.chainId)) {
    return refuse('evidence', 'a checkpoint of another chain');
  }
  const [line] = lines;
  if (line === undefined || lines.length > 1) return refuse('evidence', 'not exactly one line');
  const signed = verifyCosignature(suite, body, line, by);
  return signed.ok ? accept(checkpoint.value) : refuse('evidence', signed.detail);
}
