// SPDX-License-Identifier: Apache-2.0
// The state machine of a sidechain: block body in, header, outputs and effects out. Pure and alike on all
// members; the same code runs live, at restart and in an audit. It stores nothing and signs nothing.

import { assert } from '../../base/assert.ts';
import { equal } from '../../base/bytes.ts';
import type { CborValue } from '../../base/cbor.ts';
import { limits } from '../../base/limits.ts';
import type { LedgerEntry, Machine, StateView } from '../../base/machine.ts';
import { leafHash, rootOf } from '../../base/merkle.ts';
import { saltAt, saltedLeaf } from '../../base/pack.ts';
import type { Suite } from '../../base/suite.ts';
import type { HistoryTree } from '../../base/tree.ts';
import type { BlockBody, BlockEntry } from './block.ts';
import { blockTimeMs } from './block-time.ts';
import { enrolGenesis, openGenesis } from './genesis.ts';
import { decodeHeader, encodeHeader, type Header } from './header.ts';
import { type AcceptedEntry, type Judgement, judge, type Verdicts } from './judge.ts';
import { encodeRefused, encodeStateRoot, type Refused } from './own-outputs.ts';
import { Registry } from './registry.ts';
import { ChainState, chainStateHash, noStateHash, type StateWrite } from './state.ts';

/** A contract as the ledger runs it; its effects are data for the program around it. */
export type Contract = Machine<LedgerEntry, Uint8Array, CborValue>;

export type Output = { readonly salt: Uint8Array; readonly bytes: Uint8Array };

/** All that one block did. */
export type AppliedBlock = {
  readonly header: Header;
  readonly headerBytes: Uint8Array;
  readonly outputs: readonly Output[];
  readonly writes: readonly StateWrite[];
  /** Ids of the entries under the entry root, in order. */
  readonly accepted: readonly Uint8Array[];
  readonly refused: readonly Refused[];
  readonly effects: readonly CborValue[];
};

/**
 * Every so many blocks the last of them has the state root among its outputs, and so has each that
 * changes members: a state that can be proved ends with a full group of headers.
 */
export const stateRootInterval = 1_024;

export type Resumed = {
  readonly genesisBytes: Uint8Array;
  /** Header at which the state stands. */
  readonly headerBytes: Uint8Array;
  readonly state: Iterable<readonly [string, Uint8Array]>;
  /** Tree over all headers up to and with that one. */
  readonly tree: HistoryTree;
};

export class Ledger {
  readonly chainId: Uint8Array;
  readonly genesisBytes: Uint8Array;
  readonly tree: HistoryTree;
  readonly registry: Registry;
  readonly #suite: Suite;
  readonly #state: ChainState;
  readonly #contracts: readonly { contract: Contract; view: StateView }[];
  #head: { header: Header; bytes: Uint8Array } | undefined;

  private constructor(
    suite: Suite,
    start: { genesisBytes: Uint8Array; state: ChainState; tree: HistoryTree },
    contracts: readonly Contract[],
  ) {
    const genesis = openGenesis(suite, start.genesisBytes);
    assert(genesis.ok, 'a ledger starts from a checked genesis');
    this.#suite = suite;
    this.chainId = genesis.value.chainId;
    this.genesisBytes = start.genesisBytes;
    this.tree = start.tree;
    this.#state = start.state;
    this.registry = new Registry(suite, start.state);
    const names = new Set(contracts.map(({ name }) => name));
    assert(names.size === contracts.length, 'no two contracts share their part of the state');
    this.#contracts = contracts.map((contract) => ({
      contract,
      view: start.state.view(contract.name),
    }));
  }

  /** A new chain. Its block 0 is made of the genesis entry alone and is the same wherever it is made. */
  static begin(
    suite: Suite,
    genesisBytes: Uint8Array,
    options: { contracts: readonly Contract[]; tree: HistoryTree },
  ): { ledger: Ledger; block: AppliedBlock } {
    const start = { genesisBytes, state: new ChainState(), tree: options.tree };
    const ledger = new Ledger(suite, start, options.contracts);
    return { ledger, block: ledger.#beginChain() };
  }

  /** A chain that goes on from a state that was stored with its header. */
  static resume(suite: Suite, stored: Resumed, contracts: readonly Contract[]): Ledger {
    const state = new ChainState(stored.state);
    const ledger = new Ledger(suite, { ...stored, state }, contracts);
    const header = decodeHeader(stored.headerBytes);
    assert(header.ok, 'the stored header is well formed');
    assert(equal(header.value.chainId, ledger.chainId), 'the stored header is of this chain');
    assert(stored.tree.size === header.value.height + 1, 'the tree ends with the stored header');
    ledger.#head = { header: header.value, bytes: stored.headerBytes };
    return ledger;
  }

  get head(): { readonly header: Header; readonly bytes: Uint8Array } {
    assert(this.#head !== undefined, 'a ledger has its block 0');
    return this.#head;
  }

  /** All state pairs, for storing and for snapshots. */
  statePairs(): readonly (readonly [string, Uint8Array])[] {
    return this.#state.pairs();
  }

  /**
   * Judges and runs one block. The block's time comes between the two: the batches in the block
   * itself say how late it is, and what contracts do may depend on it.
   * @param verdicts whether a key signed an entry; the caller may remember it.
   * @throws TielineError where the history cannot be read; the ledger is then of no use any more.
   */
  apply(body: BlockBody, verdicts: Verdicts): AppliedBlock {
    const previous = this.head.header;
    const height = previous.height + 1;
    const at = { height, previousMs: previous.timeMs, verdicts };
    const judgements = body.entries.map((entry) => this.#judge(entry, at));
    const timeMs = blockTimeMs({
      previousMs: previous.timeMs,
      leaderMs: body.timeMs,
      synchronisedMs: this.registry.synchronisedTimesMs(),
    });
    const context = { height, timeMs };
    const outputs: Uint8Array[] = [];
    const effects: CborValue[] = [];
    const accepted: AcceptedEntry[] = [];
    const refused: Refused[] = [];
    for (const [position, judged] of judgements.entries()) {
      if (!judged.ok) {
        refused.push({ ...judged.refused, position });
        outputs.push(encodeRefused({ ...judged.refused, position }));
        continue;
      }
      accepted.push(judged.entry);
      if (judged.entry.ledgerEntry !== undefined) {
        this.#run(judged.entry.ledgerEntry, context, { outputs, effects });
      }
    }
    this.#run({ kind: 'block-end' }, context, { outputs, effects });
    return this.#seal({
      body: { ...body, timeMs },
      height,
      hasStateRoot: (height + 1) % stateRootInterval === 0 || accepted.some(isMembership),
      leaves: accepted.map((entry) => entry.bytes),
      accepted: accepted.map((entry) => entry.id),
      refused,
      outputs,
      effects,
    });
  }

  /** An entry that is accepted counts for those after it. */
  #judge(
    entry: BlockEntry,
    at: { readonly height: number; readonly previousMs: number; readonly verdicts: Verdicts },
  ): Judgement {
    const { chainId, registry, tree } = this;
    const judged = judge(this.#suite, entry, { chainId, registry, tree, ...at });
    if (judged.ok) registry.record(judged.entry, at.height);
    return judged;
  }

  #run(
    entry: LedgerEntry,
    context: { height: number; timeMs: number },
    into: { outputs: Uint8Array[]; effects: CborValue[] },
  ): void {
    for (const { contract, view } of this.#contracts) {
      const done = contract.apply(view, entry, context);
      into.outputs.push(...done.outputs);
      into.effects.push(...done.effects);
    }
  }

  #beginChain(): AppliedBlock {
    const opened = enrolGenesis(this.#suite, this.genesisBytes);
    assert(opened.ok, 'the genesis was checked');
    const { genesis } = opened.value;
    this.registry.begin(genesis);
    return this.#seal({
      body: {
        timeMs: genesis.timeMs,
        clock: { state: 'unset', errorMs: null },
        secret: new Uint8Array(32),
        entries: [],
      },
      height: 0,
      hasStateRoot: false,
      leaves: [this.genesisBytes],
      accepted: [this.chainId],
      refused: [],
      outputs: [],
      effects: [],
    });
  }

  #seal(done: {
    body: BlockBody;
    height: number;
    hasStateRoot: boolean;
    leaves: readonly Uint8Array[];
    accepted: readonly Uint8Array[];
    refused: readonly Refused[];
    outputs: Uint8Array[];
    effects: readonly CborValue[];
  }): AppliedBlock {
    const suite = this.#suite;
    const writes = this.#state.takeWrites();
    if (done.hasStateRoot) {
      done.outputs.push(encodeStateRoot(this.#state.root(suite), this.#state.size));
    }
    assert(
      done.outputs.length <= limits.outputsPerBlockMax &&
        done.outputs.every(({ length }) => length <= limits.outputBytesMax),
      'contracts keep to the bounds of a block',
    );
    const outputs = done.outputs.map((bytes, i) => ({
      salt: saltAt(suite, done.body.secret, i),
      bytes,
    }));
    const header: Header = {
      chainId: this.chainId,
      height: done.height,
      previous: this.#head === undefined ? new Uint8Array(32) : suite.sha256(this.#head.bytes),
      entryCount: done.leaves.length,
      entryRoot: rootOf(
        suite,
        done.leaves.map((leaf) => leafHash(suite, leaf)),
      ),
      outputRoot: rootOf(
        suite,
        outputs.map(({ salt, bytes }) => leafHash(suite, saltedLeaf(salt, bytes))),
      ),
      stateHash: chainStateHash(
        suite,
        this.#head === undefined ? noStateHash : this.#head.header.stateHash,
        writes,
      ),
      timeMs: done.body.timeMs,
      outputCount: outputs.length,
      clock: done.body.clock,
    };
    const headerBytes = encodeHeader(header);
    this.#head = { header, bytes: headerBytes };
    this.tree.append(leafHash(suite, headerBytes));
    const { accepted, refused, effects } = done;
    return { header, headerBytes, outputs, writes, accepted, refused, effects };
  }
}

/** Whoever comes later can be shown by the state root who the members are from here on. */
function isMembership({ kind }: AcceptedEntry): boolean {
  return kind === 'membership';
}
