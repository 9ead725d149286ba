// SPDX-License-Identifier: Apache-2.0
// Turns committed entries into blocks, and blocks into what one transaction stores: header,
// outputs, the entries of the outbox that they settle, and now and then the state. In memory the
// ledger is then ahead of the disk until that transaction is durable; if it fails, the process ends
// and the ledger with it.

import { assert } from '../../base/assert.ts';
import type { Suite } from '../../base/suite.ts';
import type { Statement } from '../../host/sqlite.ts';
import type { BlockBody } from '../chain/block.ts';
import { type AppliedBlock, type Ledger, stateRootInterval } from '../chain/ledger.ts';
import { changesMembers, hasManualEntries } from '../chain/registry.ts';
import type { KnownVerdicts } from '../chain/verdicts.ts';
import type { ConfigurationChange } from '../raft/configuration/change.ts';
import type { Configuration } from '../raft/configuration/configuration.ts';
import type { Entry, Position } from '../raft/entry.ts';
import { applyBody } from './apply-body.ts';
import { blockStatements } from './block-table.ts';
import { configurationStatement } from './configuration-table.ts';
import { groupStatement, type History } from './history.ts';
import { meaningOf } from './log-meaning.ts';
import { manualEntryStatements } from './manual-entry-table.ts';
import { membershipStatements } from './membership-table.ts';
import type { StateTrail } from './state-table.ts';
import type { Settlement, Submissions } from './submissions.ts';
import { warrantOf } from './warrant.ts';

/** A block that is applied and durable. */
export type NewBlock = {
  readonly logIndex: number;
  /** In which its leader has proposed it. */
  readonly term: number;
  readonly body: BlockBody;
  readonly block: AppliedBlock;
};

/** The state right behind a block that states its root. */
export type CapturedState = {
  readonly height: number;
  readonly position: Position;
  /** Raft's, as of there. */
  readonly configuration: Configuration;
  readonly headerBytes: Uint8Array;
  readonly outputs: AppliedBlock['outputs'];
  readonly pairs: ReturnType<Ledger['statePairs']>;
};

export type LogFault = 'no-block' | 'unwarranted-members';

type Standing = {
  readonly ledger: Ledger;
  readonly history: History;
  readonly trail: StateTrail;
  readonly known: KnownVerdicts;
  readonly submissions: Submissions;
  /** A leader has put into the log what is no block, or a change of Raft's members that the ledger
   * does not ask for. */
  readonly onFault: (entry: Entry, reason: LogFault, detail: string) => void;
  /** Log index up to which entries are applied, and Raft's configuration as of there. */
  readonly appliedIndex: number;
  readonly configuration: Configuration;
  /** Told of each state whose root is in its block. */
  readonly onState?: ((state: CapturedState) => void) | undefined;
};

export class Applier {
  readonly #suite: Suite;
  readonly #standing: Standing;
  #index: number;
  #configuration: Configuration;

  constructor(suite: Suite, standing: Standing) {
    this.#suite = suite;
    this.#standing = standing;
    this.#index = standing.appliedIndex;
    this.#configuration = standing.configuration;
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
  ): Promise<
    Settlement & {
      readonly blocks: readonly NewBlock[];
      /** Of Raft's configuration, in order; Raft is told once they are durable. */
      readonly changes: readonly ConfigurationChange[];
    }
  > {
    const { submissions, trail, onFault } = this.#standing;
    const blocks: NewBlock[] = [];
    const changes: ConfigurationChange[] = [];
    const statements: Statement[] = [];
    const settlements: Settlement[] = [];
    for (const entry of entries) {
      assert(entry.index === this.#index + 1, 'entries are applied in order, each once');
      this.#index = entry.index;
      const meaning = meaningOf(entry);
      if (meaning.kind === 'no-block') onFault(entry, 'no-block', meaning.detail);
      if (entry.kind === 'config') {
        const change = this.#reconfigure(entry);
        if (change !== undefined) {
          changes.push(change);
          const { index: logIndex } = entry;
          statements.push(configurationStatement({ logIndex, configuration: this.#configuration }));
        }
      }
      if (meaning.kind !== 'block') continue;
      const made = await this.#applyBlock(entry, meaning.body);
      trail.add(made.block);
      this.#capture(made);
      const settlement = await submissions.settle(made.block, nowMs);
      blocks.push(made);
      settlements.push(settlement);
      statements.push(...made.statements, ...settlement.statements);
    }
    if (trail.isDue(nowMs)) statements.push(...trail.take(nowMs));
    return {
      blocks,
      changes,
      statements,
      finish: () => {
        for (const { finish } of settlements) finish();
      },
    };
  }

  /** @returns the change, undefined where it changes nothing. */
  #reconfigure(entry: Entry): ConfigurationChange | undefined {
    const { ledger, onFault } = this.#standing;
    const configuration = this.#configuration;
    const warrant = warrantOf(entry.data, { configuration, members: ledger.registry.members });
    if (!warrant.ok) {
      onFault(entry, 'unwarranted-members', warrant.detail);
      return undefined;
    }
    this.#configuration = warrant.value.configuration;
    return warrant.value.change;
  }

  #capture({ logIndex: index, term, block }: NewBlock): void {
    const { ledger, onState } = this.#standing;
    const { height } = block.header;
    if (onState === undefined || (height + 1) % stateRootInterval !== 0) return;
    const { headerBytes, outputs } = block;
    const configuration = this.#configuration;
    const pairs = ledger.statePairs();
    onState({ height, position: { index, term }, configuration, headerBytes, outputs, pairs });
  }

  async #applyBlock(
    entry: Entry,
    body: BlockBody,
  ): Promise<NewBlock & { readonly statements: readonly Statement[] }> {
    const { ledger, history, known } = this.#standing;
    const given = { body, verdicts: known.verdicts };
    const { block, group } = await applyBody(this.#suite, { ledger, history }, given);
    const statements = [
      ...blockStatements(block, entry.index),
      ...(group === undefined ? [] : [groupStatement(group)]),
      ...(changesMembers(block.writes) ? membershipStatements(this.#suite, { body, block }) : []),
      ...(hasManualEntries(block.writes)
        ? manualEntryStatements(this.#suite, { body, block })
        : []),
    ];
    return { logIndex: entry.index, term: entry.term, body, block, statements };
  }
}
