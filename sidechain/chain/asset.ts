// SPDX-License-Identifier: Apache-2.0
// An asset: what is offered to some, or answers what was offered. That it is there, its title and its
// readers are public; its body is sealed for each key that may read it, and its hash stands beside it.

import { concat, equal, utf8 } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  choice,
  decodeWith,
  encodeWith,
  listOf,
  nullable,
  refined,
  tuple,
} from '../../base/fields.ts';
import { keyIdField } from '../../base/ids.ts';
import { label, nameField } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import { byKind, record } from '../../base/records.ts';
import { type AgreementPair, type Sealing, seal, unseal } from '../../base/sealed.ts';
import type { Suite } from '../../base/suite.ts';
import { tradeLimits } from '../../base/trade-limits.ts';
import { unixMsField } from '../../base/unix-time.ts';

const readerField = byKind(0, {
  organisation: record({ kind: [0, choice('organisation')], name: [1, nameField] }),
  chain: record({ kind: [0, choice('chain')], id: [1, bytes(32)] }),
});

const sealedMax = tradeLimits.bodyBytesMax + tradeLimits.sealedExtraBytesMax;

const assetField = refined(
  record({
    title: [1, label(tradeLimits.titleMax)],
    /** Id of the asset that it answers. */
    answers: [2, nullable(bytes(32))],
    /** Who has the view right, beside the regulators. */
    readers: [3, listOf(readerField, tradeLimits.readersMax)],
    /** Of what is sealed. */
    bodyHash: [4, bytes(32)],
    /** Key ids in their order, and what each opens. */
    sealed: [5, listOf(tuple(keyIdField, bytesUpTo(sealedMax)), tradeLimits.sealedMax)],
    /** Whose member has signed it; null: a person has. */
    chain: [6, nullable(bytes(32))],
    timeMs: [7, unixMsField],
  }),
  'a reader',
  ({ readers }) => readers.length > 0,
);

const bodyField = record({
  salt: [1, bytes(16)],
  body: [2, bytesUpTo(tradeLimits.bodyBytesMax)],
});

export type Asset = Content<typeof assetField>;
export type AssetReader = Content<typeof readerField>;

/** A key that a body is sealed for: that of a person or of a gateway. */
export type AssetKey = { readonly keyId: Uint8Array; readonly agreementKey: Uint8Array };

/** @throws InvariantError for what `decodeAsset` would refuse. */
export function encodeAsset(asset: Asset): Uint8Array {
  return encodeWith(assetField, asset);
}

/** Bytes are attacker-controlled. */
export function decodeAsset(content: Uint8Array): Result<Asset, 'asset'> {
  const bytesMax = limits.entryBytesMax;
  const read = decodeWith(assetField, content, { name: 'asset', bytesMax });
  return read.ok ? accept(read.value) : refuse('asset', read.detail);
}

/**
 * @param keys in the order of their ids.
 * @returns undefined where one of them is no key that anything can be sealed for.
 */
export function sealBody(
  suite: Suite,
  sealing: Sealing,
  given: {
    readonly body: Uint8Array;
    readonly keys: readonly AssetKey[];
    readonly mainLogId: Uint8Array;
  },
): Pick<Asset, 'bodyHash' | 'sealed'> | undefined {
  const text = encodeWith(bodyField, { salt: sealing.random(16), body: given.body });
  const bodyHash = suite.sha256(text);
  const sealed: Asset['sealed'][number][] = [];
  for (const { keyId, agreementKey } of given.keys) {
    const aad = aadOf(given.mainLogId, bodyHash);
    const bytesOf = seal(sealing, { text, to: agreementKey, aad });
    if (bytesOf === undefined) return undefined;
    sealed.push([keyId as never, bytesOf]);
  }
  return { bodyHash, sealed };
}

/** What this key can read. */
export function openBody(
  suite: Suite,
  sealing: Sealing,
  asset: Asset,
  by: {
    readonly keyId: Uint8Array;
    readonly pair: AgreementPair;
    readonly mainLogId: Uint8Array;
  },
): Result<Uint8Array, 'no-reader' | 'sealed' | 'body'> {
  const own = asset.sealed.find(([keyId]) => equal(keyId, by.keyId));
  if (own === undefined) return refuse('no-reader', 'it is not sealed for this key');
  const aad = aadOf(by.mainLogId, asset.bodyHash);
  const text = unseal(sealing, own[1], { pair: by.pair, aad });
  if (!text.ok) return text;
  if (!equal(suite.sha256(text.value), asset.bodyHash)) {
    return refuse('body', 'what was sealed for this key is not what was announced');
  }
  const read = decodeWith(bodyField, text.value, { name: 'body' });
  return read.ok ? accept(read.value.body) : refuse('body', read.detail);
}

/** Sealed bytes count in their own announcement alone. */
function aadOf(mainLogId: Uint8Array, bodyHash: Uint8Array): Uint8Array {
  return concat(utf8('tieline asset'), mainLogId, bodyHash);
}
