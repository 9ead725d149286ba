// SPDX-License-Identifier: Apache-2.0
// Judges one entry of a block from chain state alone, so that all members judge alike. A refused entry stays
// in the log and becomes an output that says why; nothing here throws for what an entry contains.

import { equal } from '../../base/bytes.ts';
import { type SchemaId, toSchemaId } from '../../base/ids.ts';
import { limits } from '../../base/limits.ts';
import type { LedgerEntry } from '../../base/machine.ts';
import { checkPack, decodePack, type Pack } from '../../base/pack.ts';
import { decodeSchema, type Schema } from '../../base/schema.ts';
import type { Suite } from '../../base/suite.ts';
import type { HistoryTree } from '../../base/tree.ts';
import { checkAnchor, openAnchor } from './anchor.ts';
import { type Batch, decodeBatch, packRoot } from './batch.ts';
import type { BlockEntry } from './block.ts';
import { isPersonal, openEntry, type SignedEntry } from './entry.ts';
import { decodeGap, type Gap } from './gap.ts';
import { judgeManualEntry, type ManualEntryRefusal } from './judge-manual-entry.ts';
import { changeMembers, type MembershipRefusal } from './judge-membership.ts';
import { judgeRequest, type RequestRefusal } from './judge-request.ts';
import { type JudgedTrust, judgeTrust, type TrustRefusal } from './judge-trust.ts';
import { type Member, mayEnter, membersRight } from './member.ts';
import { decodeMembership } from './membership.ts';
import { checkReceiptMessage, decodeReceiptMessage } from './receipt-message.ts';
import type { ReceiptState, Registry } from './registry.ts';
import { isByRetiredKey } from './retired-key.ts';

/** Why an entry was refused. `old` and `duplicate` are success for the sender, `gap` is tried again. */
export type RefusalReason =
  | 'malformed'
  | 'unknown-signer'
  | 'revoked'
  | 'signature'
  | 'old'
  | 'gap'
  | 'packs'
  | 'unknown-schema'
  /** Another member's device. */
  | 'device'
  /** The member has filled its share of the state. */
  | 'limit'
  | 'duplicate'
  | 'receipt'
  /** A receipt by a key of the main log that has handed over. */
  | 'retired-key'
  /** The person may not change the members, or enter data. */
  | 'right'
  /** Its number is not the next: the members were changed since, or a change before it is missing. */
  | 'version'
  | RequestRefusal
  | TrustRefusal
  | ManualEntryRefusal
  | MembershipRefusal;

/** An entry that counts, with what it changes in the registry and what contracts see of it. */
export type AcceptedEntry = {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
  readonly ledgerEntry?: LedgerEntry;
} & (
  | { readonly kind: 'reading-batch'; readonly batch: Batch }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | {
      readonly kind: 'schema';
      readonly gateway: Uint8Array;
      readonly schemaId: SchemaId;
      readonly schema: Schema;
      readonly payload: Uint8Array;
    }
  | { readonly kind: 'receipt'; readonly receipt: Omit<ReceiptState, 'height'> }
  | {
      readonly kind: 'request';
      /** SHA-256 of the request alone. */
      readonly requestId: Uint8Array;
      readonly untilMs: number;
      /** Of the block before. */
      readonly takenMs: number;
    }
  | ({ readonly kind: 'trust' } & JudgedTrust)
  | {
      readonly kind: 'manual-entry';
      /** Key id of who signed it. */
      readonly person: Uint8Array;
      readonly sequence: number;
    }
  | {
      readonly kind: 'membership';
      readonly version: number;
      /** As the change leaves them. */
      readonly members: readonly Member[];
    }
);

export type Judgement =
  | { readonly ok: true; readonly entry: AcceptedEntry }
  | {
      readonly ok: false;
      readonly refused: { readonly id: Uint8Array; readonly reason: RefusalReason };
    };

/** Whether this key signed this entry for this chain; the caller may remember what it found. */
export type Verdicts = (entry: SignedEntry, publicKey: Uint8Array) => boolean;

export type Bench = {
  readonly chainId: Uint8Array;
  readonly registry: Registry;
  /** The history so far, against which receipts are held. */
  readonly tree: HistoryTree;
  readonly verdicts: Verdicts;
  /** Of the block that is made. */
  readonly height: number;
  /** Time of the block before it. */
  readonly previousMs: number;
};

export function judge(suite: Suite, given: BlockEntry, bench: Bench): Judgement {
  const opened = openEntry(suite, given.entry);
  if (!opened.ok) return refused(suite.sha256(given.entry), 'malformed');
  const entry = opened.value;
  const flaw = isPersonal(entry.kind) ? flawOfPerson(entry, bench) : flawOfMember(entry, bench);
  if (flaw !== undefined) return refused(entry.id, flaw);
  if ((given.packs !== undefined) !== (entry.kind === 'reading-batch')) {
    return refused(entry.id, 'malformed');
  }
  switch (entry.kind) {
    case 'reading-batch':
      return judgeBatch(suite, entry, { packs: given.packs, bench });
    case 'gap':
      return judgeGap(entry, bench);
    case 'schema':
      return judgeSchema(suite, entry, bench);
    case 'receipt':
      return judgeReceipt(suite, entry, bench);
    case 'membership':
      return judgeMembership(suite, entry, bench);
    case 'request': {
      const { id, bytes } = entry;
      const judged = judgeRequest(suite, entry.payload, bench);
      if (!judged.ok) return refused(id, judged.code);
      return { ok: true, entry: { id, bytes, kind: 'request', ...judged.value } };
    }
    case 'manual-entry': {
      const { id, bytes, keyId: person } = entry;
      const judged = judgeManualEntry(entry, bench.registry);
      if (!judged.ok) return refused(id, judged.code);
      const sequence = judged.value;
      return { ok: true, entry: { id, bytes, kind: 'manual-entry', person, sequence } };
    }
    case 'trust': {
      const { id, bytes } = entry;
      const judged = judgeTrust(suite, entry.payload, bench.registry);
      if (!judged.ok) return refused(id, judged.code);
      return { ok: true, entry: { id, bytes, kind: 'trust', ...judged.value } };
    }
    case 'genesis':
      return refused(entry.id, 'malformed');
  }
}

function flawOfMember(entry: SignedEntry, bench: Bench): RefusalReason | undefined {
  const member = bench.registry.member(entry.keyId);
  if (member === undefined) return 'unknown-signer';
  if (member.revoked) return 'revoked';
  return bench.verdicts(entry, member.publicKey) ? undefined : 'signature';
}

function flawOfPerson(entry: SignedEntry, bench: Bench): RefusalReason | undefined {
  const person = bench.registry.person(entry.keyId);
  if (person === undefined) return 'unknown-signer';
  if (!bench.verdicts(entry, person.publicKey)) return 'signature';
  const isAllowed =
    entry.kind === 'membership' ? person.rights.includes(membersRight) : mayEnter(person);
  return isAllowed ? undefined : 'right';
}

function judgeMembership(suite: Suite, entry: SignedEntry, bench: Bench): Judgement {
  const { id, bytes, keyId: by } = entry;
  const { registry, height } = bench;
  const decoded = decodeMembership(entry.payload);
  if (!decoded.ok) return refused(id, 'malformed');
  const { version, change } = decoded.value;
  const last = registry.membership;
  if (last !== undefined && equal(last.entryId, id)) return refused(id, 'duplicate');
  if (version !== (last?.version ?? 0) + 1) return refused(id, 'version');
  const { members: before, persons, policy } = registry;
  const members = changeMembers(suite, change, { members: before, persons, policy, height, by });
  if (!members.ok) return refused(id, members.code);
  return { ok: true, entry: { id, bytes, kind: 'membership', version, members: members.value } };
}

function judgeBatch(
  suite: Suite,
  entry: SignedEntry,
  given: { packs: BlockEntry['packs']; bench: Bench },
): Judgement {
  const { id, bytes } = entry;
  const { bench } = given;
  const batch = decodeBatch(entry.payload);
  if (!batch.ok || given.packs === undefined) return refused(id, 'malformed');
  const order = judgeSequence(entry, batch.value, bench);
  if (order !== undefined) return refused(id, order);
  const { secret, packs } = given.packs;
  const bound =
    packs.length === batch.value.packCount &&
    equal(packRoot(suite, secret, packs), batch.value.packRoot);
  if (!bound) return refused(id, 'packs');
  const decoded: Pack[] = [];
  let schema: Schema | undefined;
  for (const packBytes of packs) {
    const pack = decodePack(packBytes);
    if (!pack.ok) return refused(id, 'packs');
    const { schemaId } = pack.value;
    const last = decoded.at(-1)?.schemaId;
    if (last === undefined || !equal(last, schemaId)) {
      schema = bench.registry.schema(entry.keyId, schemaId);
    }
    if (schema === undefined) return refused(id, 'unknown-schema');
    if (!checkPack(pack.value, schema).ok) return refused(id, 'packs');
    decoded.push(pack.value);
  }
  const { gateway, sequence } = batch.value;
  return {
    ok: true,
    entry: {
      id,
      bytes,
      kind: 'reading-batch',
      batch: batch.value,
      ledgerEntry: { kind: 'batch', gateway, sequence, packs: decoded },
    },
  };
}

function judgeGap(entry: SignedEntry, bench: Bench): Judgement {
  const { id, bytes } = entry;
  const gap = decodeGap(entry.payload);
  if (!gap.ok) return refused(id, 'malformed');
  const order = judgeSequence(entry, gap.value, bench);
  if (order !== undefined) return refused(id, order);
  if (!bench.registry.mayReport(entry.keyId, gap.value.device)) return refused(id, 'device');
  return {
    ok: true,
    entry: { id, bytes, kind: 'gap', gap: gap.value, ledgerEntry: { kind: 'gap', ...gap.value } },
  };
}

function judgeSequence(
  entry: SignedEntry,
  stated: { readonly gateway: Uint8Array; readonly sequence: number },
  bench: Bench,
): RefusalReason | undefined {
  if (!equal(stated.gateway, entry.keyId)) return 'malformed';
  const last = bench.registry.sequence(stated.gateway).sequence;
  if (stated.sequence <= last) return 'old';
  return stated.sequence === last + 1 ? undefined : 'gap';
}

function judgeSchema(suite: Suite, entry: SignedEntry, bench: Bench): Judgement {
  const { id, bytes, payload, keyId: gateway } = entry;
  const decoded = decodeSchema(payload);
  if (!decoded.ok) return refused(id, 'malformed');
  const schema = decoded.value;
  const schemaId = toSchemaId(suite.sha256(payload));
  if (bench.registry.schema(gateway, schemaId) !== undefined) return refused(id, 'duplicate');
  if (!bench.registry.mayReport(gateway, schema.device)) return refused(id, 'device');
  const schemaBytes = bench.registry.schemaBytes(gateway) + payload.length;
  if (schemaBytes > limits.schemaBytesPerMemberMax) return refused(id, 'limit');
  const ledgerEntry: LedgerEntry = { kind: 'schema', gateway, id: schemaId, schema };
  return {
    ok: true,
    entry: { id, bytes, kind: 'schema', gateway, schemaId, schema, payload, ledgerEntry },
  };
}

/**
 * An anchor of ours, at a size not known to be anchored, as our members co-sign and at the root
 * that we had.
 */
function judgeReceipt(suite: Suite, entry: SignedEntry, bench: Bench): Judgement {
  const { id, bytes } = entry;
  const { registry, tree } = bench;
  const message = decodeReceiptMessage(entry.payload);
  if (!message.ok) return refused(id, 'malformed');
  const anchor = openAnchor(message.value.anchor);
  if (!anchor.ok) return refused(id, 'malformed');
  const { size, root } = anchor.value.checkpoint;
  if (!equal(anchor.value.chainId, bench.chainId)) return refused(id, 'receipt');
  const previous = registry.receipt;
  if (previous !== undefined && size <= previous.size) return refused(id, 'old');
  const checked = checkReceiptMessage(suite, message.value, {
    mainLog: registry.mainLog,
    previous: registry.mainHead,
  });
  if (!checked.ok) {
    const isRetired = isByRetiredKey(suite, message.value.receipts, registry.keyPeriods);
    return refused(id, isRetired ? 'retired-key' : 'receipt');
  }
  const isOurs = size <= tree.size && equal(tree.root(size), root);
  if (!isOurs || !checkAnchor(suite, anchor.value, registry).ok) return refused(id, 'receipt');
  const receipt = { size, mainSize: checked.value.size, mainRoot: checked.value.root };
  return { ok: true, entry: { id, bytes, kind: 'receipt', receipt } };
}

function refused(id: Uint8Array, reason: RefusalReason): Judgement {
  return { ok: false, refused: { id, reason } };
}
