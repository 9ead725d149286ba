// SPDX-License-Identifier: Apache-2.0
// A sidechain as the centre sees it: real keys, headers, checkpoints and proofs, over blocks that
// hold whatever outputs a test wants; and every lie that its members could tell.

import { formatCheckpoint, signCheckpoint } from '../../../base/checkpoint.ts';
import { cosign } from '../../../base/cosignature.ts';
import { signerFromSeed } from '../../../base/keys.ts';
import { consistencyProof, inclusionProof, leafHash, rootOf } from '../../../base/merkle.ts';
import { multiproof } from '../../../base/multiproof.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import { formatNote } from '../../../base/note.ts';
import { saltedLeaf } from '../../../base/pack.ts';
import type { Signer } from '../../../base/suite.ts';
import { encodeSummary, type Summary } from '../../../contracts/summary.ts';
import { type Anchor, signAnchor } from '../../../sidechain/chain/anchor.ts';
import { type Genesis, signGenesis } from '../../../sidechain/chain/genesis.ts';
import { encodeHeader } from '../../../sidechain/chain/header.ts';
import type { MainLog } from '../../../sidechain/chain/main-log.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import type { Policy } from '../../../sidechain/chain/policy.ts';
import {
  encodeSummaryMessage,
  type SummaryMessage,
} from '../../../sidechain/chain/summary-message.ts';

const suite = nodeSuite;

/** 2026-01-01T00:00:00Z. */
export const startMs = 1_767_225_600_000;
export const windowMs = 900_000;

export function signerOf(seed: number): Signer {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, seed);
  return signerFromSeed(bytes);
}

export function summaryOf(changed: Partial<Summary> = {}): Summary {
  return {
    kind: 'summary',
    device: 'urn:dev:ops:test-meter-1',
    obis: '1-0:1.8.0*255',
    unit: 'Wh',
    exponent: 1,
    windowStartMs: startMs,
    windowMs,
    revision: 0,
    count: 900,
    expectedCount: 900,
    missing: [],
    first: 12_345,
    last: 12_400,
    min: 12_345,
    max: 12_400,
    mean: 123_725,
    meanExponent: 0,
    delta: 55,
    quality: 'validated',
    reason: '',
    screened: [0, 0, 0, 0],
    events: [],
    definition: 'test-meter',
    ...changed,
  };
}

type Output = { readonly salt: Uint8Array; readonly bytes: Uint8Array };
type Block = { readonly header: Uint8Array; readonly outputs: readonly Output[] };

export type AnchorOptions = {
  readonly size?: number;
  readonly from?: number;
  readonly receiptSize?: number;
  /** Index of the member who sends. */
  readonly by?: number;
  /** Indexes of the members who co-sign; all of them by default. */
  readonly cosigners?: readonly number[];
  readonly altered?: Partial<Anchor>;
};

/** What makes a chain that chain. */
type Identity = {
  readonly signers: readonly Signer[];
  readonly genesisBytes: Uint8Array;
  readonly chainId: Uint8Array;
};

export type ChainOptions = {
  readonly seed: number;
  readonly members?: number;
  readonly policy?: Policy;
  readonly altered?: Partial<Genesis>;
};

/** A chain with its block 0. */
export function makeChain(mainLog: MainLog, options: ChainOptions): FakeChain {
  const { seed, members = 3, policy = { class: 'blame', faulty: 0 }, altered = {} } = options;
  const signers = Array.from({ length: members }, (_, i) => signerOf(seed * 100 + i));
  const genesis: Genesis = {
    version: 1,
    members: signers.map(({ publicKey }, i) => ({ publicKey, role: 'voter', name: `gate-${i}` })),
    policy,
    persons: [],
    mainLog,
    summary: { windowMs, graceMs: 30_000 },
    timeMs: startMs,
    nonce: new Uint8Array(32).fill(seed),
    ...altered,
  };
  const genesisBytes = signGenesis(genesis, signers[0] as Signer);
  const chainId = suite.sha256(genesisBytes);
  const chain = new FakeChain({ signers, genesisBytes, chainId }, []);
  chain.addBlock();
  return chain;
}

export class FakeChain implements Identity {
  readonly signers: readonly Signer[];
  readonly genesisBytes: Uint8Array;
  readonly chainId: Uint8Array;
  readonly #blocks: Block[];

  constructor(identity: Identity, blocks: readonly Block[]) {
    this.signers = identity.signers;
    this.genesisBytes = identity.genesisBytes;
    this.chainId = identity.chainId;
    this.#blocks = [...blocks];
  }

  get size(): number {
    return this.#blocks.length;
  }

  /** Another history of it, with its first `size` blocks in common. */
  forkAt(size: number): FakeChain {
    const fork = new FakeChain(this, this.#blocks.slice(0, size));
    fork.addBlock([Uint8Array.of(0xf0)]);
    return fork;
  }

  /** @returns its height. */
  addBlock(outputs: readonly Uint8Array[] = []): number {
    const height = this.size;
    const salted = outputs.map((bytes, i) => ({ salt: new Uint8Array(16).fill(i), bytes }));
    const header = encodeHeader({
      chainId: this.chainId,
      height,
      previous: height === 0 ? new Uint8Array(32) : suite.sha256(this.#block(height - 1).header),
      entryCount: 0,
      entryRoot: rootOf(suite, []),
      outputRoot: rootOf(suite, salted.map(leafOf)),
      stateHash: new Uint8Array(32),
      timeMs: startMs + height * 1_000,
      outputCount: salted.length,
      clock: { state: 'synchronised', errorMs: 10 },
    });
    this.#blocks.push({ header, outputs: salted });
    return height;
  }

  addBlocks(count: number): void {
    for (let i = 0; i < count; i++) this.addBlock();
  }

  /** A block with one summary for each of these. @returns its height. */
  addSummaries(...summaries: readonly Partial<Summary>[]): number {
    return this.addBlock(summaries.map((one) => encodeSummary(summaryOf(one))));
  }

  root(size = this.size): Uint8Array {
    return rootOf(suite, this.#leaves(size));
  }

  anchor(options: AnchorOptions = {}): Uint8Array {
    const { size = this.size, from = 0, receiptSize = 0, by = 0, altered = {} } = options;
    const origin = chainOrigin(this.chainId);
    const body = formatCheckpoint({ origin, size, root: this.root(size) });
    const sender = this.signers[by] ?? signerOf(by);
    const cosigners = options.cosigners ?? this.signers.keys();
    const lines = [...cosigners].map((index) => {
      const signer = this.signers[index] ?? signerOf(index);
      return cosign(suite, cosignerName(this.chainId, signer.keyId), body, 1_767_225_700, signer);
    });
    const note = formatNote(body, [signCheckpoint(suite, origin, body, sender), ...lines]);
    const consistency = from <= size ? consistencyProof(suite, this.#leaves(size), from) : [];
    return signAnchor({ note, from, consistency, receiptSize, ...altered }, this.chainId, sender);
  }

  /** The outputs of a block with their proofs, under the checkpoint of `size`. */
  summaries(
    height: number,
    options: {
      readonly size?: number;
      readonly indexes?: readonly number[];
      readonly altered?: Partial<SummaryMessage>;
    } = {},
  ): Uint8Array {
    const { header, outputs } = this.#block(height);
    const { size = this.size, indexes = [...outputs.keys()], altered = {} } = options;
    return encodeSummaryMessage({
      chainId: this.chainId,
      header,
      size,
      headerPath: inclusionProof(suite, this.#leaves(size), height),
      outputs: indexes.map((index) => ({ index, ...(outputs[index] as Output) })),
      hashes: multiproof(suite, outputs.map(leafOf), indexes),
      ...altered,
    });
  }

  #leaves(size: number): Uint8Array[] {
    return this.#blocks.slice(0, size).map(({ header }) => leafHash(suite, header));
  }

  #block(height: number): Block {
    return this.#blocks[height] as Block;
  }
}

function leafOf({ salt, bytes }: Output): Uint8Array {
  return leafHash(suite, saltedLeaf(salt, bytes));
}
