// SPDX-License-Identifier: Apache-2.0
// The speed of base: signatures, COSE_Sign1, RFC 9162 trees, CBOR of packs and headers. Limits are
// bare calls of node:crypto on the same bytes; for an encoding, the hash that is made of it anyway.

import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';
import { assert } from '../../base/assert.ts';
import { encode } from '../../base/cbor.ts';
import { decodeSign1, sign1, verifySign1 } from '../../base/cose.ts';
import { toKeyId, toSchemaId, toSequence } from '../../base/ids.ts';
import { signerFromSeed } from '../../base/keys.ts';
import { leafHash, verifyInclusion } from '../../base/merkle.ts';
import { nodeSuite } from '../../base/node-suite.ts';
import { decodePack, encodePack, type Pack } from '../../base/pack.ts';
import { quality } from '../../base/quality.ts';
import { HistoryTree } from '../../base/tree.ts';
import { encodeBatch } from '../../sidechain/chain/batch.ts';
import { decodeHeader, encodeHeader, type Header } from '../../sidechain/chain/header.ts';
import type { Case } from './measure.ts';

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const timeMs = 1_763_683_200_000;
const clock = { state: 'synchronised', errorMs: 12 } as const;

const seed = filled(32, 7);
const signer = signerFromSeed(seed);
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
  format: 'der',
  type: 'pkcs8',
});
const publicKey = createPublicKey(privateKey);

/** A three-phase meter's: a mantissa and a quality for each of 32 registers. */
const pack: Pack = {
  schemaId: toSchemaId(filled(32, 1)),
  timeMs,
  clock,
  mantissas: Array.from({ length: 32 }, (_, i) => (i * 7_919) % 100_000),
  qualities: Array.from({ length: 32 }, () => quality.good),
};

const header: Header = {
  chainId: filled(32, 2),
  height: 1_000_000,
  previous: filled(32, 3),
  entryCount: 3,
  entryRoot: filled(32, 4),
  outputRoot: filled(32, 5),
  stateHash: filled(32, 6),
  timeMs,
  outputCount: 2,
  clock,
};

function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

function signatures(): Case[] {
  const message = encodePack(pack);
  const bytes = message.length;
  const signature = signer.sign(message);
  return [
    {
      name: 'sign',
      bytes,
      call: () => signer.sign(message),
      limit: { name: 'crypto.sign', call: () => sign(null, message, privateKey) },
    },
    {
      name: 'verify',
      bytes,
      call: () => nodeSuite.verify(signer.publicKey, message, signature),
      limit: { name: 'crypto.verify', call: () => verify(null, message, publicKey, signature) },
    },
  ];
}

/** As a gateway signs a reading batch, and as everyone checks the entry. */
function statements(): Case[] {
  const payload = encodeBatch({
    gateway: toKeyId(signer.keyId),
    sequence: toSequence(1_000_000),
    packCount: 4,
    packRoot: filled(32, 8),
    timeMs,
    clock,
  });
  const type = 'application/vnd.tieline.batch+cbor';
  const write = (): Uint8Array => sign1({ type, payload }, signer);
  const entry = write();
  const read = decodeSign1(entry);
  assert(read.ok, 'an entry of our own is read');
  const { protectedBytes, signature } = read.value;
  const signed = encode(['Signature1', protectedBytes, new Uint8Array(), payload]);
  const check = (): boolean => {
    const parts = decodeSign1(entry);
    return parts.ok && verifySign1(nodeSuite, parts.value, { publicKey: signer.publicKey });
  };
  assert(check(), 'an entry of our own verifies');
  return [
    {
      name: 'COSE_Sign1 sign',
      bytes: entry.length,
      call: write,
      limit: { name: 'crypto.sign', call: () => sign(null, signed, privateKey) },
    },
    {
      name: 'COSE_Sign1 read and verify',
      bytes: entry.length,
      call: check,
      limit: { name: 'crypto.verify', call: () => verify(null, signed, publicKey, signature) },
    },
  ];
}

const treeSize = 100_000;
/** As long as what a node's hash is made of: 01 ‖ left ‖ right. */
const node = filled(65, 1);

function trees(): Case[] {
  const leafHashes = Array.from({ length: treeSize }, (_, i) => sha256(Buffer.from(`leaf ${i}`)));
  const leafHashAt = (index: number): Uint8Array => leafHashes[index % treeSize] ?? node;
  const growing = new HistoryTree(nodeSuite, { leafHashAt });
  const grown = new HistoryTree(nodeSuite, { leafHashAt });
  for (const one of leafHashes) grown.append(one);
  const index = 12_345;
  const proof = {
    leafHash: leafHashAt(index),
    index,
    size: treeSize,
    path: grown.inclusion(index),
    root: grown.root(),
  };
  assert(verifyInclusion(nodeSuite, proof), 'a proof of our own verifies');
  const data = encodeHeader(header);
  const hashes = (count: number): Case['limit'] => ({
    name: count === 1 ? 'sha256 of a node' : `sha256 of ${count} nodes`,
    call: () => {
      for (let i = 1; i < count; i++) sha256(node);
      return sha256(node);
    },
  });
  return [
    {
      name: 'Merkle leaf hash',
      bytes: data.length,
      call: () => leafHash(nodeSuite, data),
      limit: { name: 'sha256 of it', call: () => sha256(data) },
    },
    {
      name: 'Merkle append',
      bytes: 32,
      call: () => growing.append(leafHashAt(growing.size)),
      limit: hashes(1),
    },
    {
      name: `Merkle root of ${treeSize}`,
      bytes: 32,
      call: () => grown.root(),
      limit: hashes(hashesInRoot(leafHashes)),
    },
    {
      name: `Merkle inclusion in ${treeSize}, verify`,
      bytes: 32 * proof.path.length,
      call: () => verifyInclusion(nodeSuite, proof),
      limit: hashes(proof.path.length),
    },
  ];
}

/** How many hashes the root of this tree takes. */
function hashesInRoot(leafHashes: readonly Uint8Array[]): number {
  let count = 0;
  const sha256Counted = (bytes: Uint8Array): Uint8Array => {
    count += 1;
    return nodeSuite.sha256(bytes);
  };
  const suite = { ...nodeSuite, sha256: sha256Counted };
  const tree = new HistoryTree(suite, { leafHashAt: (index) => leafHashes[index] ?? node });
  for (const one of leafHashes) tree.append(one);
  count = 0;
  tree.root();
  return count;
}

function encodings(): Case[] {
  const packBytes = encodePack(pack);
  const headerBytes = encodeHeader(header);
  const cases = [
    { name: 'CBOR write a pack', encoded: packBytes, call: () => encodePack(pack) },
    { name: 'CBOR read a pack', encoded: packBytes, call: () => decodePack(packBytes) },
    { name: 'CBOR write a header', encoded: headerBytes, call: () => encodeHeader(header) },
    { name: 'CBOR read a header', encoded: headerBytes, call: () => decodeHeader(headerBytes) },
  ];
  return cases.map(({ name, encoded, call }) => ({
    name,
    bytes: encoded.length,
    call,
    limit: { name: 'sha256 of it', call: () => sha256(encoded) },
  }));
}

export function base(): Case[] {
  return [...signatures(), ...statements(), ...trees(), ...encodings()];
}
