// SPDX-License-Identifier: Apache-2.0
// One sidechain of a fleet: everything that the centre checks of it is real, and made again from a
// seed, its number and three hashes, so that a hundred thousand of them fit into memory.

import { concat, u32, utf8 } from '../../base/bytes.ts';
import { formatCheckpoint, signCheckpoint } from '../../base/checkpoint.ts';
import { cosign } from '../../base/cosignature.ts';
import { signerFromSeed } from '../../base/keys.ts';
import { leafHash, rootOf } from '../../base/merkle.ts';
import { formatNote } from '../../base/note.ts';
import { saltAt, saltedLeaf } from '../../base/pack.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { encodeSummary } from '../../contracts/summary.ts';
import { signAnchor } from '../../sidechain/chain/anchor.ts';
import { signGenesis } from '../../sidechain/chain/genesis.ts';
import { encodeHeader } from '../../sidechain/chain/header.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import { chainOrigin, cosignerName } from '../../sidechain/chain/names.ts';
import { encodeSummaryMessage, type SentOutput } from '../../sidechain/chain/summary-message.ts';
import type { FleetHistory } from './fleet-history.ts';
import { type FleetPlan, fleetAge, fleetStartMs } from './fleet-plan.ts';
import { fleetSummaries } from './fleet-summaries.ts';

/** What the chains of one fleet have in common. */
export type FleetGround = {
  readonly suite: Suite;
  readonly plan: FleetPlan;
  readonly mainLog: MainLog;
  readonly history: FleetHistory;
};

/** What a chain need not make twice. */
export type KnownChain = {
  readonly chainId: Uint8Array;
  /** Leaf hashes of its own headers: of the genesis, of the block with summaries. */
  readonly leaves: readonly [Uint8Array, Uint8Array];
};

export class FleetChain {
  readonly #ground: FleetGround;
  readonly #index: number;
  readonly #signers: readonly Signer[];
  readonly #known: KnownChain;

  constructor(ground: FleetGround, index: number, known?: KnownChain) {
    this.#ground = ground;
    this.#index = index;
    const { suite, plan } = ground;
    this.#signers = Array.from({ length: plan.members }, (_, i) =>
      signerFromSeed(this.#secretOf(`member ${i}`)),
    );
    if (known !== undefined) {
      this.#known = known;
      return;
    }
    const chainId = suite.sha256(this.genesis());
    const leaves = [this.#header(chainId, []), this.#summaryBlock(chainId).header].map((header) =>
      leafHash(suite, header),
    );
    this.#known = { chainId, leaves: leaves as [Uint8Array, Uint8Array] };
  }

  get chainId(): Uint8Array {
    return this.#known.chainId;
  }

  get known(): KnownChain {
    return this.#known;
  }

  /** Signed by the first member, as every genesis. */
  genesis(): Uint8Array {
    const { plan, mainLog } = this.#ground;
    const voters = this.#signers.map(({ publicKey }, i) => ({
      publicKey,
      role: 'voter' as const,
      name: `gate-${i + 1}`,
    }));
    return signGenesis(
      {
        version: 1,
        members: voters,
        policy: { class: 'blame', faulty: 0 },
        persons: [],
        mainLog,
        summary: { windowMs: plan.windowSeconds * 1_000, graceMs: 30_000 },
        timeMs: fleetStartMs - fleetAge * 1_000,
        nonce: this.#secretOf('nonce'),
      },
      this.#member(0),
    );
  }

  /**
   * The checkpoint after so many seconds, as the gateway on duty sends it: co-signed by all, proven
   * from the one of another second.
   */
  anchor(options: {
    readonly second: number;
    /** undefined where it is the chain's first. */
    readonly fromSecond: number | undefined;
    /** Of the newest receipt that the chain holds, 0 for none. */
    readonly receiptSize: number;
  }): Uint8Array {
    const { suite, history } = this.#ground;
    const { second, fromSecond, receiptSize } = options;
    const { chainId } = this;
    const size = fleetAge + second;
    const own = this.#ownLeaves();
    const origin = chainOrigin(chainId);
    const body = formatCheckpoint({ origin, size, root: history.root(own, size) });
    const timeSeconds = fleetStartMs / 1_000 + second;
    const lines = this.#signers.map((signer) =>
      cosign(suite, cosignerName(chainId, signer.keyId), body, timeSeconds, signer),
    );
    const duty = this.#member(0);
    const note = formatNote(body, [signCheckpoint(suite, origin, body, duty), ...lines]);
    const from = fromSecond === undefined ? 0 : fleetAge + fromSecond;
    const consistency = history.consistency(own, { from, to: size });
    return signAnchor({ note, from, consistency, receiptSize }, chainId, duty);
  }

  /** The summaries of the window before the start, proven under the anchor after so many seconds. */
  summaries(second: number): Uint8Array {
    const { chainId } = this;
    const { header, outputs } = this.#summaryBlock(chainId);
    const size = fleetAge + second;
    const index = fleetAge - 1;
    const headerPath = this.#ground.history.inclusion(this.#ownLeaves(), { index, size });
    return encodeSummaryMessage({ chainId, header, size, headerPath, outputs, hashes: [] });
  }

  #ownLeaves(): ReadonlyMap<number, Uint8Array> {
    const [first, last] = this.#known.leaves;
    return new Map([
      [0, first],
      [fleetAge - 1, last],
    ]);
  }

  #summaryBlock(chainId: Uint8Array): {
    readonly header: Uint8Array;
    readonly outputs: readonly SentOutput[];
  } {
    const { suite, plan } = this.#ground;
    const secret = this.#secretOf('block');
    const outputs = fleetSummaries(plan, this.#index).map((summary, index) => ({
      index,
      salt: saltAt(suite, secret, index),
      bytes: encodeSummary(summary),
    }));
    return { header: this.#header(chainId, outputs), outputs };
  }

  /** Of the last block before the start, or, without outputs, of the first of all. */
  #header(chainId: Uint8Array, outputs: readonly SentOutput[]): Uint8Array {
    const { suite } = this.#ground;
    const height = outputs.length === 0 ? 0 : fleetAge - 1;
    const leaves = outputs.map(({ salt, bytes }) => leafHash(suite, saltedLeaf(salt, bytes)));
    return encodeHeader({
      chainId,
      height,
      previous: height === 0 ? new Uint8Array(32) : this.#secretOf('previous'),
      entryCount: 1,
      entryRoot: this.#secretOf('entries'),
      outputRoot: rootOf(suite, leaves),
      stateHash: this.#secretOf('state'),
      timeMs: fleetStartMs - (fleetAge - height) * 1_000,
      outputCount: outputs.length,
      clock: { state: 'synchronised', errorMs: 10 },
    });
  }

  #member(index: number): Signer {
    return this.#signers[index] as Signer;
  }

  #secretOf(what: string): Uint8Array {
    const { suite, plan } = this.#ground;
    return suite.sha256(concat(utf8(`fleet ${plan.seed} ${what} `), u32(this.#index)));
  }
}
