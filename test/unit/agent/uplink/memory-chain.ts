// SPDX-License-Identifier: Apache-2.0
// The sidechain as the uplink sees it, in memory: headers, outputs and checkpoints are real, what
// orders them is not there.

import type { ChainPort, Cosigned } from '../../../../agent/uplink/chain-port.ts';
import { assert } from '../../../../base/assert.ts';
import { formatCheckpoint, signCheckpoint } from '../../../../base/checkpoint.ts';
import { cosign } from '../../../../base/cosignature.ts';
import { consistencyProof, inclusionProof, leafHash, rootOf } from '../../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../../base/node-suite.ts';
import { formatNote } from '../../../../base/note.ts';
import type { Signer } from '../../../../base/suite.ts';
import { decodeSummary } from '../../../../contracts/summary.ts';
import type { Signatories } from '../../../../sidechain/chain/anchor.ts';
import { encodeHeader } from '../../../../sidechain/chain/header.ts';
import { firstPeriod, newestKeys } from '../../../../sidechain/chain/key-periods.ts';
import { chainOrigin, cosignerName } from '../../../../sidechain/chain/names.ts';
import { outputLeaves } from '../../../../sidechain/chain/prove.ts';
import {
  checkReceiptMessage,
  decodeReceiptMessage,
} from '../../../../sidechain/chain/receipt-message.ts';
import type { ReceiptState } from '../../../../sidechain/chain/registry.ts';
import type { KeyPeriods } from '../../../../sidechain/chain/retired-key.ts';
import type { MainHead } from '../../../../sidechain/chain/trust.ts';
import { chainId, gateway, mainGenesis, startMs } from '../../chain/fixture.ts';

type Output = { readonly salt: Uint8Array; readonly bytes: Uint8Array };
type Block = { readonly header: Uint8Array; readonly outputs: readonly Output[] };

export class MemoryChain implements ChainPort {
  readonly chainId = chainId;
  readonly blocks: Block[] = [];
  readonly committed: Uint8Array[] = [];
  /** Sizes that were signed, in order. */
  readonly signedSizes: number[] = [];
  newestReceipt: ReceiptState | undefined;
  newestCosigned: Cosigned | undefined;
  /** Who leads, and for how long there was no receipt. */
  leading: Uint8Array | undefined = gateway.keyId;
  silence = 0;
  /** Of the chain; the gateway and the next one sign. */
  members: readonly Signer[] = [gateway];
  /** Key ids of members that were revoked. */
  revoked: readonly Uint8Array[] = [];
  /** Whether another member always brings receipts first. */
  isOutrun = false;
  /** What the next receipt meets on its way into a block. */
  commitFailure: Error | undefined;

  constructor(blockCount = 1) {
    this.addBlocks(blockCount);
  }

  /** The same disk in another process, or an older copy of it. */
  copy(): MemoryChain {
    const copy = new MemoryChain(0);
    copy.blocks.push(...this.blocks);
    copy.members = this.members;
    copy.newestReceipt = this.newestReceipt;
    copy.newestCosigned = this.newestCosigned;
    return copy;
  }

  addBlock(outputs: readonly Uint8Array[] = [], timeMs = startMs): number {
    const height = this.blocks.length;
    const salted = outputs.map((bytes, i) => ({ salt: new Uint8Array(16).fill(i), bytes }));
    const previous = this.blocks.at(-1)?.header;
    const header = encodeHeader({
      chainId,
      height,
      previous: previous === undefined ? new Uint8Array(32) : suite.sha256(previous),
      entryCount: 0,
      entryRoot: rootOf(suite, []),
      outputRoot: rootOf(suite, outputLeaves(suite, salted)),
      stateHash: new Uint8Array(32),
      timeMs,
      outputCount: salted.length,
      clock: { state: 'synchronised', errorMs: 10 },
    });
    this.blocks.push({ header, outputs: salted });
    return height;
  }

  addBlocks(count: number): void {
    for (let i = 0; i < count; i++) this.addBlock();
  }

  readonly size = () => this.blocks.length;
  /** As the chain has them. */
  periods: KeyPeriods = firstPeriod(mainGenesis.mainLog);
  /** Of the newest hand-over. */
  handedOver: MainHead | undefined;

  readonly mainLog = () => newestKeys(this.periods);
  readonly keyPeriods = () => this.periods;
  readonly mainHead = (): MainHead | undefined => {
    const receipt = this.newestReceipt;
    const ofReceipt = receipt && { size: receipt.mainSize, root: receipt.mainRoot };
    const isNewer = (this.handedOver?.size ?? 0) > (ofReceipt?.size ?? 0);
    return isNewer ? this.handedOver : ofReceipt;
  };
  readonly receipt = () => this.newestReceipt;
  readonly cosigned = async () => this.newestCosigned;
  readonly leader = () => this.leading;
  readonly silentMs = async () => this.silence;
  readonly checkpoint = async () => this.#sign(this.size());
  readonly cosignGenesis = async () => this.#sign(1);
  readonly rootAt = async (size: number) => this.root(size);

  readonly signatories = (): Signatories => ({
    members: this.members.map(({ keyId, publicKey }) => ({
      keyId,
      publicKey,
      role: 'voter',
      revoked: this.revoked.includes(keyId),
    })),
    policy: { class: 'blame', faulty: 0 },
  });

  readonly inclusion = async ({ height, size }: { height: number; size: number }) =>
    inclusionProof(suite, this.#leaves(size), height);

  readonly consistency = async ({ from, to }: { from: number; to: number }) =>
    consistencyProof(suite, this.#leaves(to), from);

  readonly headerBytes = async (height: number) => this.#block(height).header;

  readonly outputs = async (height: number) =>
    this.#block(height).outputs.map((output, position) => ({ ...output, height, position }));

  readonly summaryHeights = async (range: { from: number; to: number; countMax: number }) =>
    [...this.blocks.keys()]
      .slice(range.from, range.to)
      .filter((height) => this.#block(height).outputs.some(({ bytes }) => decodeSummary(bytes).ok))
      .slice(0, range.countMax);

  readonly commitReceipt = async (bytes: Uint8Array) => {
    if (this.commitFailure !== undefined) throw this.commitFailure;
    const message = decodeReceiptMessage(bytes);
    assert(message.ok, 'a receipt message is committed');
    const previous = this.mainHead();
    const checked = checkReceiptMessage(suite, message.value, {
      mainLog: this.mainLog(),
      previous,
    });
    assert(checked.ok, 'only a receipt that holds is committed');
    const { anchor, size: mainSize, root: mainRoot } = checked.value;
    this.committed.push(bytes);
    const height = this.addBlock();
    this.newestReceipt = { size: anchor.checkpoint.size, mainSize, mainRoot, height };
    return !this.isOutrun;
  };

  root(size: number): Uint8Array {
    return rootOf(suite, this.#leaves(size));
  }

  /** The checkpoint, with the log's line of the first and the co-signatures of all. */
  noteBy(signers: readonly Signer[], size: number): string {
    const origin = chainOrigin(chainId);
    const body = formatCheckpoint({ origin, size, root: this.root(size) });
    const lines = signers.map((signer) =>
      cosign(suite, cosignerName(chainId, signer.keyId), body, startMs / 1_000, signer),
    );
    const logLines = signers
      .slice(0, 1)
      .map((signer) => signCheckpoint(suite, origin, body, signer));
    return formatNote(body, [...logLines, ...lines]);
  }

  #sign(size: number): Cosigned {
    const last = this.newestCosigned;
    if (last?.size === size) return last;
    assert(size > (last?.size ?? 0) && size <= this.size(), 'sizes grow, over what is durable');
    const root = this.root(size);
    this.signedSizes.push(size);
    const active = this.members.filter(({ keyId }) => !this.revoked.includes(keyId));
    const note = this.noteBy(active.slice(0, 2), size);
    this.newestCosigned = { size, root, note };
    return this.newestCosigned;
  }

  #leaves(size: number): Uint8Array[] {
    return this.blocks.slice(0, size).map(({ header }) => leafHash(suite, header));
  }

  #block(height: number): Block {
    const block = this.blocks[height];
    assert(block !== undefined, `block ${height} is there`);
    return block;
  }
}
