// SPDX-License-Identifier: Apache-2.0
// A sidechain of several gateways with fixed keys, all blocks in memory: what the tests of judging,
// anchors and receipts build on. Whatever an honest member would not sign, it signs when asked.

import { formatCheckpoint, signCheckpoint } from '../../../base/checkpoint.ts';
import type { Clock } from '../../../base/clock-state.ts';
import { cosign } from '../../../base/cosignature.ts';
import { toKeyId, toSequence } from '../../../base/ids.ts';
import { leafHash } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { formatNote, type SignatureLine } from '../../../base/note.ts';
import { encodeSchema, type Schema } from '../../../base/schema.ts';
import type { Signer } from '../../../base/suite.ts';
import { HistoryTree } from '../../../base/tree.ts';
import { type Anchor, signAnchor } from '../../../sidechain/chain/anchor.ts';
import { type Batch, encodeBatch, packRoot } from '../../../sidechain/chain/batch.ts';
import type { BlockBody, BlockEntry } from '../../../sidechain/chain/block.ts';
import { type EntryKind, signEntry, verifyEntry } from '../../../sidechain/chain/entry.ts';
import { encodeGap, type Gap } from '../../../sidechain/chain/gap.ts';
import { type Genesis, signGenesis } from '../../../sidechain/chain/genesis.ts';
import type { Verdicts } from '../../../sidechain/chain/judge.ts';
import { type AppliedBlock, type Contract, Ledger } from '../../../sidechain/chain/ledger.ts';
import type { Member } from '../../../sidechain/chain/member.ts';
import { type MembershipChange, signMembership } from '../../../sidechain/chain/membership.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { clock, engineer, schema as meterSchema, startMs, testSigner } from './fixture.ts';
import { MainLogTwin } from './main-log-twin.ts';

export type AnchorOptions = {
  /** Blocks under the checkpoint; all by default. */
  readonly size?: number;
  readonly root?: Uint8Array;
  /** Who sends, and signs as the log. */
  readonly by?: number;
  /** Members who co-sign; all voters by default. */
  readonly cosigners?: readonly number[];
  readonly lines?: readonly SignatureLine[];
  readonly from?: number;
  readonly receiptSize?: number;
  /** Chain in the claims. */
  readonly claimed?: Uint8Array;
};

export class Group {
  readonly signers: readonly Signer[];
  readonly mainLog: MainLogTwin;
  readonly genesisBytes: Uint8Array;
  readonly chainId: Uint8Array;
  readonly verdicts: Verdicts;
  readonly blocks: AppliedBlock[] = [];
  readonly bodies: (BlockBody | undefined)[] = [undefined];
  ledger: Ledger;
  readonly #contracts: readonly Contract[];

  constructor(
    options: {
      readonly voters?: number;
      readonly followers?: number;
      readonly mainLog?: MainLogTwin;
      readonly contracts?: readonly Contract[];
      readonly altered?: Partial<Genesis>;
    } = {},
  ) {
    const { voters = 3, followers = 1, mainLog = MainLogTwin.of() } = options;
    const { contracts = [], altered = {} } = options;
    this.signers = Array.from({ length: voters + followers }, (_, i) => testSigner(10 + i));
    this.mainLog = mainLog;
    this.#contracts = contracts;
    const members: Genesis['members'] = this.signers.map(({ publicKey }, i) => ({
      publicKey,
      role: i < voters ? 'voter' : 'follower',
      name: `gateway ${i}`,
    }));
    this.genesisBytes = signGenesis(
      {
        version: 1,
        members,
        policy: { class: 'blame', faulty: 0 },
        persons: [{ publicKey: engineer.publicKey, name: 'eve', rights: ['members'] }],
        mainLog: mainLog.mainLog,
        summary: { windowMs: 900_000, graceMs: 30_000 },
        timeMs: startMs,
        nonce: new Uint8Array(32).fill(5),
        ...altered,
      },
      this.signer(0),
    );
    this.chainId = suite.sha256(this.genesisBytes);
    this.verdicts = (entry, publicKey) =>
      verifyEntry(suite, entry, { publicKey, chainId: this.chainId });
    const begun = Ledger.begin(suite, this.genesisBytes, { contracts, tree: this.#tree() });
    this.ledger = begun.ledger;
    this.blocks.push(begun.block);
  }

  signer(member: number): Signer {
    const signer = this.signers[member];
    if (signer === undefined) throw new Error(`no member ${member}`);
    return signer;
  }

  get members(): readonly Member[] {
    return this.ledger.registry.members;
  }

  sign(kind: EntryKind, payload: Uint8Array, by = 0): BlockEntry {
    return { entry: signEntry({ kind, payload, chainId: this.chainId }, this.signer(by)) };
  }

  schema(changed: Partial<Schema> = {}, by = 0): BlockEntry {
    return this.sign('schema', encodeSchema({ ...meterSchema, ...changed }), by);
  }

  batch(
    sequence: number,
    packs: readonly Uint8Array[],
    options: { by?: number; timeMs?: number; clock?: Clock; altered?: Partial<Batch> } = {},
  ): BlockEntry {
    const { by = 0, timeMs = startMs + 1_000 * sequence, altered = {} } = options;
    const secret = new Uint8Array(32).fill(sequence);
    const payload = encodeBatch({
      gateway: toKeyId(this.signer(by).keyId),
      sequence: toSequence(sequence),
      packCount: packs.length,
      packRoot: packRoot(suite, secret, packs),
      timeMs,
      clock: options.clock ?? clock,
      ...altered,
    });
    return { ...this.sign('reading-batch', payload, by), packs: { secret, packs } };
  }

  gap(sequence: number, changed: Partial<Gap> = {}, by = 0): BlockEntry {
    const payload = encodeGap({
      gateway: toKeyId(this.signer(by).keyId),
      sequence: toSequence(sequence),
      device: meterSchema.device,
      fromMs: startMs,
      toMs: startMs + 60_000,
      reason: 'outbox-full',
      packCount: 60,
      ...changed,
    });
    return this.sign('gap', payload, by);
  }

  body(entries: readonly BlockEntry[], timeMs = startMs + 1_000 * this.blocks.length): BlockBody {
    return { timeMs, clock, secret: new Uint8Array(32).fill(this.blocks.length), entries };
  }

  /** The next change of members, by the engineer unless said otherwise. */
  membership(
    change: MembershipChange,
    options: { readonly version?: number; readonly by?: Signer } = {},
  ): BlockEntry {
    const { version = (this.ledger.registry.membership?.version ?? 0) + 1, by = engineer } =
      options;
    return { entry: signMembership({ version, change }, this.chainId, by) };
  }

  revocation(member: number): BlockEntry {
    return this.membership({ kind: 'revoke', keyId: toKeyId(this.signer(member).keyId) });
  }

  /** Applies a block of these entries, a second after the one before unless said otherwise. */
  apply(entries: readonly BlockEntry[], timeMs?: number): AppliedBlock {
    const body = this.body(entries, timeMs);
    const block = this.ledger.apply(body, this.verdicts);
    this.blocks.push(block);
    this.bodies.push(body);
    return block;
  }

  /** Why each entry of a block was refused. */
  reasons(...entries: readonly BlockEntry[]): readonly string[] {
    return this.apply(entries).refused.map(({ reason }) => reason);
  }

  /** The same chain, from its stored state; `alter` may change what was stored. */
  resumed(alter: (pairs: Map<string, Uint8Array>) => void = () => {}): Ledger {
    const tree = this.#tree();
    for (const { headerBytes } of this.blocks) tree.append(leafHash(suite, headerBytes));
    const pairs = new Map(this.ledger.statePairs());
    alter(pairs);
    const { genesisBytes } = this;
    const { bytes: headerBytes } = this.ledger.head;
    const stored = { genesisBytes, headerBytes, state: pairs, tree };
    return Ledger.resume(suite, stored, this.#contracts);
  }

  checkpoint(size = this.ledger.tree.size, root = this.ledger.tree.root(size)): string {
    return formatCheckpoint({ origin: chainOrigin(this.chainId), size, root });
  }

  logLine(body: string, by = 0): SignatureLine {
    return signCheckpoint(suite, chainOrigin(this.chainId), body, this.signer(by));
  }

  cosignature(body: string, by: number): SignatureLine {
    const { keyId } = this.signer(by);
    return cosign(suite, cosignerName(this.chainId, keyId), body, startMs / 1_000, this.signer(by));
  }

  anchor(options: AnchorOptions = {}): Uint8Array {
    const { size = this.ledger.tree.size, by = 0, from = 0, receiptSize = 0 } = options;
    const body = this.checkpoint(size, options.root ?? this.ledger.tree.root(size));
    const voters = this.members.flatMap(({ role }, i) => (role === 'voter' ? [i] : []));
    const { cosigners = voters } = options;
    const lines = options.lines ?? [
      this.logLine(body, by),
      ...cosigners.map((member) => this.cosignature(body, member)),
    ];
    const anchor: Anchor = {
      note: formatNote(body, lines),
      from,
      consistency: from === 0 ? [] : this.ledger.tree.consistency(from, size),
      receiptSize,
    };
    return signAnchor(anchor, options.claimed ?? this.chainId, this.signer(by));
  }

  #tree(): HistoryTree {
    return new HistoryTree(suite, {
      leafHashAt: (index) => {
        const block = this.blocks[index];
        if (block === undefined) throw new Error(`no block ${index}`);
        return leafHash(suite, block.headerBytes);
      },
    });
  }
}
