// SPDX-License-Identifier: Apache-2.0
// Copies the main log: its genesis, its leaves, and the checkpoint that is signed over them. The
// mirror makes the root itself from all leaves it ever copied, so a log that was shortened, changed
// or shown differently to others does not go unnoticed.

import { assert } from '../../base/assert.ts';
import { equal, toBase64, toHex } from '../../base/bytes.ts';
import type { Checkpoint } from '../../base/checkpoint.ts';
import { TielineError } from '../../base/errors.ts';
import { historyLimits } from '../../base/history-limits.ts';
import type { Suite } from '../../base/suite.ts';
import { HistoryTree } from '../../base/tree.ts';
import { type OpenMainGenesis, openMainGenesis } from '../../sidechain/chain/main-genesis.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import type { CentreClient } from './centre-client.ts';
import type { Difference, DifferenceKind } from './difference.ts';
import { judgeCheckpoint } from './judge.ts';
import { handOverFlaw, KeysCopy } from './keys-copy.ts';
import type { MirrorStore } from './mirror-store.ts';

export type LogCopy = {
  /** What the centre signed now; undefined where that is not by the keys that count for it. */
  readonly shown: Checkpoint | undefined;
  /** What the mirror holds. */
  readonly size: number;
  readonly root: Uint8Array;
  readonly found: readonly Difference[];
};

export type LogMirrorOptions = {
  readonly suite: Suite;
  readonly store: MirrorStore;
  readonly mainLog: MainLog;
  readonly nowMs: () => number;
};

/** The main log in the mirror: its leaves in memory as their tree alone. */
export class LogMirror {
  readonly #suite: Suite;
  readonly #store: MirrorStore;
  readonly #mainLog: MainLog;
  readonly #nowMs: () => number;
  /** Hand-overs that were held against the leaves since the start. */
  readonly #heldHandOvers = new Set<number>();
  #keys: KeysCopy | undefined;
  #tree: HistoryTree;

  private constructor(options: LogMirrorOptions) {
    this.#suite = options.suite;
    this.#store = options.store;
    this.#mainLog = options.mainLog;
    this.#nowMs = options.nowMs;
    this.#tree = emptyTree(options.suite);
  }

  static async open(options: LogMirrorOptions): Promise<LogMirror> {
    const log = new LogMirror(options);
    log.#tree = await log.#stored(Number.POSITIVE_INFINITY);
    return log;
  }

  get size(): number {
    return this.#tree.size;
  }

  get root(): Uint8Array {
    return this.#tree.root();
  }

  /** The tree of the first `size` leaves that are stored. */
  async #stored(size: number): Promise<HistoryTree> {
    const tree = emptyTree(this.#suite);
    for (;;) {
      const page = await this.#store.leaves(tree.size);
      for (const hash of page) if (tree.size < size) tree.append(hash);
      if (page.length === 0 || tree.size === size) return tree;
    }
  }

  /** @throws TielineError `main-log`: the centre keeps another log than the pinned one. */
  async genesis(client: CentreClient): Promise<OpenMainGenesis> {
    const state = await this.#store.state();
    const bytes = state?.genesis ?? (await client.genesis());
    const opened = openMainGenesis(this.#suite, bytes);
    if (!opened.ok || !equal(opened.value.mainLog.id, this.#mainLog.id)) {
      const why = opened.ok ? `its id is ${toHex(opened.value.mainLog.id)}` : opened.detail;
      throw new TielineError('main-log', `the centre keeps another main log: ${why}`, {
        hint: 'give the main-log.json of this centre with --main-log',
      });
    }
    if (state?.genesis === undefined) await this.#store.setGenesis(bytes);
    this.#keys ??= await KeysCopy.open(this.#suite, this.#store, opened.value.mainLog);
    return opened.value;
  }

  /** Which keys count for which size of the log, as far as they were followed. After `genesis`. */
  get keys(): KeysCopy {
    assert(this.#keys !== undefined, 'the genesis tells the first keys');
    return this.#keys;
  }

  /** Takes over what is new where it makes the signed root, and nothing where it does not. */
  async copy(client: CentreClient): Promise<LogCopy> {
    const note = await client.checkpoint();
    // In this order: keys that sign a log were handed over before.
    const flaws = await this.keys.copy(client);
    const judged = judgeCheckpoint(this.#suite, note, this.keys.periods);
    if (!judged.ok) {
      const flaw = difference('log-signature', '', 'a note', judged.detail);
      return this.#result(undefined, [...flaws, flaw]);
    }
    const shown = judged.value;
    await this.#store.keepCheckpoint({ ...shown, note }, this.#nowMs());
    const before = this.size;
    if (shown.size < before) {
      return this.#result(shown, [...flaws, await this.#smaller(shown)]);
    }
    const leaves = await this.#fetch(client, shown.size);
    const tree = this.#tree;
    for (const hash of leaves) tree.append(hash);
    if (tree.size === shown.size && equal(tree.root(), shown.root)) {
      await this.#write(before, leaves);
      return this.#result(shown, [...flaws, ...(await this.#holdHandOvers())]);
    }
    this.#tree = await this.#stored(Number.POSITIVE_INFINITY);
    return this.#result(shown, [...flaws, await this.#unlike(client, shown)]);
  }

  /** What the old keys signed last must be this very log. */
  async #holdHandOvers(): Promise<readonly Difference[]> {
    const found: Difference[] = [];
    for (const handOver of this.keys.handOvers) {
      const { size } = handOver;
      if (size > this.size || this.#heldHandOvers.has(size)) continue;
      const flaw = await handOverFlaw(this.#suite, handOver, {
        leaf: (index) => this.#store.leaf(index),
        rootAt: async (at) => (await this.#stored(at)).root(),
      });
      if (flaw === undefined) this.#heldHandOvers.add(size);
      else found.push(difference('split-view', `hand-over at ${size}`, flaw.shown, flaw.proven));
    }
    return found;
  }

  async #fetch(client: CentreClient, size: number): Promise<readonly Uint8Array[]> {
    const leaves: Uint8Array[] = [];
    while (this.size + leaves.length < size) {
      const from = this.size + leaves.length;
      const page = await client.leaves(from, size - from);
      if (page.length === 0) break;
      leaves.push(...page);
    }
    return leaves;
  }

  async #write(from: number, leaves: readonly Uint8Array[]): Promise<void> {
    for (let i = 0; i < leaves.length; i += historyLimits.leavesPageMax) {
      await this.#store.addLeaves(from + i, leaves.slice(i, i + historyLimits.leavesPageMax));
    }
  }

  async #smaller(shown: Checkpoint): Promise<Difference> {
    const own = (await this.#stored(shown.size)).root();
    if (!equal(own, shown.root)) {
      return difference('split-view', `size ${shown.size}`, toBase64(shown.root), toBase64(own));
    }
    const detail = 'leaves that were signed before are gone';
    const { size } = this;
    return { ...difference('log-rolled-back', 'size', `${shown.size}`, `${size}`), detail };
  }

  /**
   * The leaves that are shown are read again from the first: where they make the signed root, two
   * logs were signed; where they do not, they are not what was signed.
   */
  async #unlike(client: CentreClient, shown: Checkpoint): Promise<Difference> {
    const other = emptyTree(this.#suite);
    let parting:
      | { readonly index: number; readonly theirs: Uint8Array; readonly own: Uint8Array }
      | undefined;
    while (other.size < shown.size) {
      const page = await client.leaves(other.size, shown.size - other.size);
      if (page.length === 0) break;
      for (const theirs of page) {
        const index = other.size;
        const own =
          parting === undefined && index < this.size ? await this.#store.leaf(index) : undefined;
        if (own !== undefined && !equal(own, theirs)) parting = { index, theirs, own };
        other.append(theirs);
      }
    }
    const isSigned = other.size === shown.size && equal(other.root(), shown.root);
    if (isSigned && parting !== undefined) {
      const { index, theirs, own } = parting;
      return difference('split-view', `leaf ${index}`, toBase64(theirs), toBase64(own));
    }
    const [known] = (await this.#store.checkpoints(shown.size)).filter(
      ({ root }) => !equal(root, shown.root),
    );
    if (known !== undefined || shown.size === this.size) {
      const proven = toBase64(known?.root ?? this.root);
      return difference('split-view', `size ${shown.size}`, toBase64(shown.root), proven);
    }
    const made = other.size === shown.size ? toBase64(other.root()) : `${other.size} leaves`;
    return difference('leaves', `size ${shown.size}`, made, toBase64(shown.root));
  }

  #result(shown: Checkpoint | undefined, found: readonly Difference[]): LogCopy {
    return { shown, size: this.size, root: this.root, found };
  }
}

function emptyTree(suite: Suite): HistoryTree {
  return new HistoryTree(suite, {
    leafHashAt: () => {
      throw new TielineError('mirror-leaves', 'leaves of a complete group are not kept in memory');
    },
  });
}

function difference(
  kind: DifferenceKind,
  place: string,
  shown: string,
  proven: string,
): Difference {
  return { kind, chain: '', place, field: '', shown, proven, detail: '' };
}
