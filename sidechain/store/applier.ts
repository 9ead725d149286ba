// SPDX-License-Identifier: Apache-2.0
// Turns committed entries into blocks, and blocks into what one transaction stores: header,
// outputs, the entries of the outbox that they settle, and now and then the state. In memory the
// ledger is then ahead of the disk until that transaction is durable; if it fails, the process ends
// and the ledger with it.

import { assert } from '../../base/assert.ts';
import type { Suite } from '../../base/suite.ts';
import type { Statement } from '../../host/sqlite.ts';
import type { BlockBody } from '../chain/block.ts';
import type { Verdicts } from '../chain/judge.ts';
import type { AppliedBlock, Ledger } from '../chain/ledger.ts';
import type { Entry } from '../raft/entry.ts';
import { applyBody } from './apply-body.ts';
import { blockStatements } from './block-table.ts';
import { groupStatement, type History } from './history.ts';
import { meaningOf } from './log-meaning.ts';
import type { StateTrail } from './state-table.ts';
import type { Settlement, Submissions } from './submissions.ts';

/** A block that is applied and durable. */
export type NewBlock = {
  readonly logIndex: number;
  /** In which its leader has proposed it. */
  readonly term: number;
  readonly body: BlockBody;
  readonly block: AppliedBlock;
};

type Standing = {
  readonly ledger: Ledger;
  readonly history: History;
  readonly trail: StateTrail;
  readonly verdicts: Verdicts;
  readonly submissions: Submissions;
  /** A leader has put into the log what is no block. */
  readonly onNoBlock: (entry: Entry, detail: string) => void;
  /** Log index of the newest block. */
  readonly appliedIndex: number;
};

export class Applier {
  readonly #suite: Suite;
  readonly #standing: Standing;
  #index: number;

  constructor(suite: Suite, standing: Standing) {
    this.#suite = suite;
    this.#standing = standing;
    this.#index = standing.appliedIndex;
  }

  /** Log index up to which entries are applied. */
  get index(): number {
    return this.#index;
  }

  /**
   * What comes of these entries, which follow the last ones; `finish` once its statements are
   * durable.
   */
  async apply(
    entries: readonly Entry[],
    nowMs: number,
  ): Promise<Settlement & { readonly blocks: readonly NewBlock[] }> {
    const { submissions, trail, onNoBlock } = this.#standing;
    const blocks: NewBlock[] = [];
    const statements: Statement[] = [];
    const settlements: Settlement[] = [];
    for (const entry of entries) {
      assert(entry.index === this.#index + 1, 'entries are applied in order, each once');
      this.#index = entry.index;
      const meaning = meaningOf(entry);
      if (meaning.kind === 'no-block') onNoBlock(entry, meaning.detail);
      if (meaning.kind !== 'block') {
        assert(entry.kind === 'normal', 'the members are those of the genesis');
        continue;
      }
      const made = await this.#applyBlock(entry, meaning.body);
      trail.add(made.block);
      const settlement = await submissions.settle(made.block, nowMs);
      blocks.push(made);
      settlements.push(settlement);
      statements.push(...made.statements, ...settlement.statements);
    }
    if (trail.isDue(nowMs)) statements.push(...trail.take(nowMs));
    return {
      blocks,
      statements,
      finish: () => {
        for (const { finish } of settlements) finish();
      },
    };
  }

  async #applyBlock(
    entry: Entry,
    body: BlockBody,
  ): Promise<NewBlock & { readonly statements: readonly Statement[] }> {
    const { ledger, history, verdicts } = this.#standing;
    const given = { body, verdicts };
    const { block, group } = await applyBody(this.#suite, { ledger, history }, given);
    const statements = [
      ...blockStatements(block, entry.index),
      ...(group === undefined ? [] : [groupStatement(group)]),
    ];
    return { logIndex: entry.index, term: entry.term, body, block, statements };
  }
}
