// SPDX-License-Identifier: Apache-2.0
// Verifies a proof bundle with public keys alone, hop by hop, from the value up to the main log. Nothing in
// the bundle is believed for being there: what is not bound by a hash or a signature makes it invalid.

import { equal, toHex } from '../../base/bytes.ts';
import { logKeyType } from '../../base/checkpoint.ts';
import { cosignerKeyType } from '../../base/cosignature.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { keyIdOf } from '../../base/ids.ts';
import { leafHash, verifyInclusion } from '../../base/merkle.ts';
import type { NoteKey } from '../../base/note.ts';
import { checkPack, decodePack, type Pack, saltedLeaf } from '../../base/pack.ts';
import { decodeSchema, type Schema } from '../../base/schema.ts';
import type { Suite } from '../../base/suite.ts';
import { checkAnchor, type OpenAnchor, openAnchor } from './anchor.ts';
import { type Batch, decodeBatch } from './batch.ts';
import { type Bundle, decodeBundle, type ReadingProof, type SummaryProof } from './bundle.ts';
import { openEntry, verifyEntry } from './entry.ts';
import { type Genesis, openGenesis } from './genesis.ts';
import type { CheckedHandOver } from './hand-over.ts';
import { decodeHeader, type Header } from './header.ts';
import { followHandOvers, newestKeys } from './key-periods.ts';
import { generationOf, type MainLog } from './main-log.ts';
import type { Member } from './member.ts';
import { foundingMembership, membershipAt } from './membership-proof.ts';
import { cosignerName } from './names.ts';
import { signersNeeded } from './policy.ts';
import { checkReceipts } from './receipt-message.ts';
import { isTrusted, type TrustedKey } from './trusted-keys.ts';

export type Hop = { readonly name: string; readonly detail: string };

export type ProvedReading = {
  readonly kind: 'reading';
  readonly batch: Batch;
  readonly pack: Pack;
  readonly schema: Schema;
};
/** The output's bytes: what they mean is the contract's to say. */
export type ProvedSummary = { readonly kind: 'summary'; readonly output: Uint8Array };

export type BundleVerdict =
  | { readonly status: 'not-a-bundle'; readonly detail: string }
  | {
      readonly status: 'invalid';
      /** Hops that held, then the one that did not. */
      readonly hops: readonly Hop[];
      readonly failed: Hop;
    }
  | {
      /** `unknown-signer`: consistent in itself, but signed by keys that are not trusted. */
      readonly status: 'valid' | 'unknown-signer';
      readonly hops: readonly Hop[];
      readonly proved: ProvedReading | ProvedSummary;
      readonly header: Header;
      /** Keys that signed the checkpoint and the receipts, and whether each is trusted. */
      readonly signers: readonly Signatory[];
    };

/** A key that signed, and whether it is trusted. */
export type Signatory = NoteKey & { readonly trusted: boolean };

/** The parts of a bundle after their form was read. */
type Parts = {
  readonly bundle: Bundle;
  readonly genesis: Genesis;
  readonly chainId: Uint8Array;
  readonly header: Header;
  readonly anchor: OpenAnchor;
  readonly members: readonly Member[];
};

type Step<T> = Result<T & { readonly detail: string }>;

/** @param trusted keys from outside the bundle; those inside it are never believed. */
export function verifyBundle(
  suite: Suite,
  input: Uint8Array,
  trusted: readonly TrustedKey[],
): BundleVerdict {
  const bundle = decodeBundle(input);
  if (!bundle.ok) return { status: 'not-a-bundle', detail: bundle.detail };
  const hops: Hop[] = [];
  const invalid = (name: string, detail: string): BundleVerdict => ({
    status: 'invalid',
    hops,
    failed: { name, detail },
  });

  const parts = openParts(suite, bundle.value);
  if (!parts.ok) return invalid(parts.code, parts.detail);
  const proved =
    bundle.value.reading === undefined
      ? proveSummary(suite, parts.value, bundle.value.summary)
      : proveReading(suite, parts.value, bundle.value.reading);
  if (!proved.ok) return invalid(proved.code, proved.detail);
  hops.push(...proved.value.hops);

  const block = proveBlock(suite, parts.value);
  if (!block.ok) return invalid('history', block.detail);
  hops.push({ name: 'history', detail: block.value.detail });

  const checkpoint = proveCheckpoint(suite, parts.value);
  if (!checkpoint.ok) return invalid('checkpoint', checkpoint.detail);
  hops.push({ name: 'checkpoint', detail: checkpoint.value.detail });

  const receipt = proveReceipt(suite, parts.value);
  if (!receipt.ok) return invalid('receipt', receipt.detail);
  hops.push({ name: 'receipt', detail: receipt.value.detail });

  const trust = judgeTrust(suite, parts.value, {
    cosigners: checkpoint.value.cosigners,
    receipt: receipt.value,
    trusted,
  });
  return {
    status: trust.enough ? 'valid' : 'unknown-signer',
    hops,
    proved: proved.value.proved,
    header: parts.value.header,
    signers: trust.signers,
  };
}

function openParts(suite: Suite, bundle: Bundle): Result<Parts, 'genesis' | 'block' | 'anchor'> {
  const genesis = openGenesis(suite, bundle.genesis);
  if (!genesis.ok) return refuse('genesis', genesis.detail);
  const header = decodeHeader(bundle.header);
  if (!header.ok) return refuse('block', header.detail);
  const { chainId } = genesis.value;
  if (!equal(header.value.chainId, chainId)) return refuse('block', 'it is of another chain');
  const anchor = openAnchor(bundle.anchor);
  if (!anchor.ok) return refuse('anchor', anchor.detail);
  if (!equal(anchor.value.chainId, chainId)) return refuse('anchor', 'it is of another chain');
  const membership = membershipAt(suite, bundle.membership, {
    chainId,
    founding: foundingMembership(suite, genesis.value.genesis),
    checkpoint: anchor.value.checkpoint,
  });
  if (!membership.ok) return refuse('anchor', `the members: ${membership.detail}`);
  const { members } = membership.value;
  return accept({
    bundle,
    genesis: genesis.value.genesis,
    chainId,
    header: header.value,
    anchor: anchor.value,
    members,
  });
}

type Proved<T> = { readonly proved: T; readonly hops: readonly Hop[] };

function proveReading(
  suite: Suite,
  parts: Parts,
  proof: ReadingProof,
): Result<Proved<ProvedReading>, 'reading' | 'signature' | 'block'> {
  const schema = decodeSchema(proof.schema);
  if (!schema.ok) return refuse('reading', schema.detail);
  const pack = decodePack(proof.pack);
  if (!pack.ok) return refuse('reading', pack.detail);
  if (!equal(suite.sha256(proof.schema), pack.value.schemaId)) {
    return refuse('reading', 'the schema is not the one the pack names');
  }
  const fits = checkPack(pack.value, schema.value);
  if (!fits.ok) return refuse('reading', fits.detail);
  const entry = openEntry(suite, proof.entry);
  if (!entry.ok) return refuse('signature', entry.detail);
  if (entry.value.kind !== 'reading-batch') return refuse('signature', 'not a reading batch');
  const batch = decodeBatch(entry.value.payload);
  if (!batch.ok) return refuse('signature', batch.detail);
  const packInBatch = verifyInclusion(suite, {
    leafHash: leafHash(suite, saltedLeaf(proof.salt, proof.pack)),
    index: proof.packIndex,
    size: batch.value.packCount,
    path: proof.packPath,
    root: batch.value.packRoot,
  });
  if (!packInBatch) return refuse('reading', 'the pack is not under the pack root of its batch');
  const member = parts.members.find(({ keyId }) => equal(keyId, entry.value.keyId));
  if (member === undefined || !equal(batch.value.gateway, entry.value.keyId)) {
    return refuse('signature', 'the batch is not by a member of this chain');
  }
  const by = { publicKey: member.publicKey, chainId: parts.chainId };
  if (!verifyEntry(suite, entry.value, by)) {
    return refuse('signature', 'the signature of the gateway does not verify');
  }
  const entryInBlock = verifyInclusion(suite, {
    leafHash: leafHash(suite, proof.entry),
    index: proof.entryIndex,
    size: parts.header.entryCount,
    path: proof.entryPath,
    root: parts.header.entryRoot,
  });
  if (!entryInBlock) return refuse('block', 'the batch is not under the entry root of its block');
  const { packIndex } = proof;
  const { packCount, sequence } = batch.value;
  return accept({
    proved: { kind: 'reading', batch: batch.value, pack: pack.value, schema: schema.value },
    hops: [
      { name: 'reading', detail: `pack ${packIndex + 1} of ${packCount} under the pack root` },
      { name: 'signature', detail: `batch ${sequence} signed by ${member.name}` },
      { name: 'block', detail: `under the entry root of block ${parts.header.height}` },
    ],
  });
}

function proveSummary(
  suite: Suite,
  parts: Parts,
  proof: SummaryProof | undefined,
): Result<Proved<ProvedSummary>, 'summary'> {
  if (proof === undefined) return refuse('summary', 'nothing is proved');
  const { height, outputCount, outputRoot } = parts.header;
  const outputInBlock = verifyInclusion(suite, {
    leafHash: leafHash(suite, saltedLeaf(proof.salt, proof.output)),
    index: proof.outputIndex,
    size: outputCount,
    path: proof.outputPath,
    root: outputRoot,
  });
  if (!outputInBlock) return refuse('summary', 'not under the output root of its block');
  const detail = `output ${proof.outputIndex + 1} of ${outputCount} of block ${height}`;
  return accept({
    proved: { kind: 'summary', output: proof.output },
    hops: [{ name: 'summary', detail }],
  });
}

function proveBlock(suite: Suite, parts: Parts): Step<object> {
  const { size, root } = parts.anchor.checkpoint;
  const { height } = parts.header;
  const included = verifyInclusion(suite, {
    leafHash: leafHash(suite, parts.bundle.header),
    index: height,
    size,
    path: parts.bundle.headerPath,
    root,
  });
  return included
    ? accept({ detail: `block ${height} under the checkpoint of ${size} blocks` })
    : refuse('history', `block ${height} is not under the checkpoint of ${size} blocks`);
}

function proveCheckpoint(
  suite: Suite,
  parts: Parts,
): Step<{ readonly cosigners: readonly Uint8Array[] }> {
  const { members, genesis, anchor } = parts;
  const checked = checkAnchor(suite, anchor, { members, policy: genesis.policy });
  if (!checked.ok) return checked;
  const { cosigners } = checked.value;
  const voters = members.filter(isVoter);
  const count = `${cosigners.length} of ${voters.length} voters`;
  const detail = `co-signed by ${count}, policy ${genesis.policy.class}`;
  return accept({ cosigners, detail });
}

type ProvenReceipt = {
  /** Of the main log, as the receipts sign it. */
  readonly size: number;
  readonly signers: readonly Uint8Array[];
  readonly keys: MainLog;
  /** By which keys, from those of the genesis to those of the receipts. */
  readonly steps: readonly (Pick<CheckedHandOver, 'size' | 'signers'> & { keys: MainLog })[];
};

/** By the keys that count for a log of that size, as the hand-overs lead to them: no more and no fewer. */
function proveReceipt(suite: Suite, parts: Parts): Step<ProvenReceipt> {
  const { receipts, handOvers = [] } = parts.bundle;
  const followed = followHandOvers(suite, parts.genesis.mainLog, handOvers);
  if (!followed.ok) return refuse(followed.code, `keys of the main log: ${followed.detail}`);
  const { periods, checked: handedOver } = followed.value;
  const keys = newestKeys(periods);
  const checked = checkReceipts(suite, parts.anchor, { receipts, mainLog: keys, periods });
  if (!checked.ok) return checked;
  const { index, size, signers } = checked.value;
  const from = periods.at(-1)?.fromSize ?? 0;
  if (size < from) {
    return refuse('receipt', `of ${size} leaves, and its keys count from ${from} leaves on`);
  }
  const steps = handedOver.map((step, i) => ({ ...step, keys: periods[i]?.mainLog ?? keys }));
  const count = `${signers.length} of ${keys.keys.length}`;
  const by = keys.keys.length > 1 ? `, signed by ${count} organisations` : '';
  const since = steps.length === 0 ? '' : `, by keys of generation ${generationOf(keys)}`;
  const detail = `leaf ${index} of ${size} of ${keys.origin}${by}${since}`;
  return accept({ size, signers, keys, steps, detail });
}

type Judged = { readonly enough: boolean; readonly signers: readonly Signatory[] };

/**
 * Trusted when as many trusted keys signed as the chain's policy and the main log's threshold ask for; the
 * main log's for the size that they signed, and each hand-over as the receipts.
 */
function judgeTrust(
  suite: Suite,
  parts: Parts,
  given: {
    readonly cosigners: readonly Uint8Array[];
    readonly receipt: ProvenReceipt;
    readonly trusted: readonly TrustedKey[];
  },
): Judged {
  const { genesis, chainId, members } = parts;
  const { receipt, trusted } = given;
  const isIn = (list: readonly Uint8Array[], publicKey: Uint8Array) =>
    list.some((keyId) => toHex(keyId) === toHex(keyIdOf(suite, publicKey)));
  const ofLog = [...receipt.steps, receipt].map(({ keys, signers, size }): Judged => {
    const signed = keys.keys
      .filter(({ publicKey }) => isIn(signers, publicKey))
      .map(({ publicKey }): Signatory => {
        const key = { name: keys.origin, type: logKeyType, publicKey };
        return { ...key, trusted: isTrusted(trusted, key, size) };
      });
    return { enough: trustedIn(signed) >= keys.threshold, signers: signed };
  });
  const ofChain = members
    .filter(({ publicKey }) => isIn(given.cosigners, publicKey))
    .map(({ keyId, publicKey }): Signatory => {
      const key = { name: cosignerName(chainId, keyId), type: cosignerKeyType, publicKey };
      return { ...key, trusted: isTrusted(trusted, key) };
    });
  const needed = signersNeeded(genesis.policy, members.filter(isVoter).length);
  return {
    enough: ofLog.every(({ enough }) => enough) && trustedIn(ofChain) >= needed,
    signers: [...ofLog.flatMap(({ signers }) => signers), ...ofChain],
  };
}

function trustedIn(signers: readonly Signatory[]): number {
  return signers.filter(({ trusted }) => trusted).length;
}

function isVoter({ role, revoked }: Member): boolean {
  return role === 'voter' && !revoked;
}
