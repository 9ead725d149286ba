// SPDX-License-Identifier: Apache-2.0
// The audit of a chain.db, from the genesis on: every entry of the log, every block applied again,
// and all that is stored of it held against what comes out, byte by byte. It trusts nothing that is
// stored but the genesis, whose hash names the chain. Read-only; beside a running gateway it audits
// what was there when it began.

import { equal } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { Database } from '../../host/sqlite.ts';
import type { BlockBody } from '../chain/block.ts';
import { openGenesis } from '../chain/genesis.ts';
import { type AppliedBlock, type Contract, Ledger } from '../chain/ledger.ts';
import { KnownVerdicts } from '../chain/verdicts.ts';
import type { Entry } from '../raft/entry.ts';
import { applyBody } from './apply-body.ts';
import { readKept } from './archive-table.ts';
import { ArchivedGroups } from './archived-groups.ts';
import { flawOfCosigned, flawOfGenesis, flawOfState } from './audit-beside.ts';
import { type AuditReason, type Flaw, flawOfBlock } from './audit-block.ts';
import { ConfigurationAudit } from './audit-configuration.ts';
import { auditKept } from './audit-kept.ts';
import { type BlockRow, lastBlock, type OutputRow } from './block-table.ts';
import { type ChainInfo, readChain } from './chain-file.ts';
import { ChainRows, segmentsBelow } from './chain-rows.ts';
import { readConfiguration } from './configuration-table.ts';
import { type Cosigned, readCosigned } from './cosigned-table.ts';
import { Cursor } from './cursor.ts';
import { type ArchivedLeaves, type HeaderGroup, History, readGroupHash } from './history.ts';
import { meaningOf } from './log-meaning.ts';
import { entryOf, type LogRow, lastLogIndex } from './log-table.ts';
import type { SegmentFile } from './segment-file.ts';
import { readState, type StoredState } from './state-table.ts';

export type AuditReport =
  | {
      readonly ok: true;
      readonly chainId: Uint8Array;
      /** Of the newest block. */
      readonly height: number;
      /** The first block that was looked at; 0 unless older ones were carried away. */
      readonly checkedFrom: number;
      readonly entryCount: number;
      readonly refusedCount: number;
      readonly outputCount: number;
      /**
       * Blocks under the newest co-signed checkpoint and under the newest receipt; 0 = there is
       * none.
       */
      readonly cosignedSize: number;
      readonly receiptSize: number;
    }
  | {
      readonly ok: false;
      readonly chainId: Uint8Array;
      /** The first block that is not as it should be. */
      readonly height: number;
      readonly reason: AuditReason;
      readonly detail: string;
    };

export type AuditOptions = {
  readonly database: Database;
  readonly suite: Suite;
  /** As at the chain's making: another list makes other blocks. */
  readonly contracts: readonly Contract[];
  /** Segments that are at hand; those of other blocks than are missing here do no harm. */
  readonly segments?: readonly SegmentFile[];
  /** Told now and then how far it has come. */
  readonly onProgress?: (at: { readonly height: number; readonly lastHeight: number }) => void;
};

/** @throws TielineError where the file cannot be read at all, or holds no chain. */
export async function auditChain(options: AuditOptions): Promise<AuditReport> {
  const { database } = options;
  const chain = await readChain(database);
  const { chainId } = chain;
  const opened = openGenesis(options.suite, chain.genesisBytes);
  const broken = flawOfGenesis(opened, chain);
  if (!opened.ok || broken !== undefined) {
    return { ok: false, chainId, height: 0, reason: 'genesis', detail: broken ?? '' };
  }
  // The oldest first: what is read later has at least what it speaks of.
  const [state, cosigned] = [await readState(database), await readCosigned(database)];
  const kept = await readKept(database);
  const segments = segmentsBelow(kept, options.segments ?? []);
  if (segments === undefined) return auditKept(options, { chain, kept, cosigned });
  const sureIndex = (await lastBlock(database))?.logIndex ?? 0;
  const stored = await readConfiguration(database);
  const last = await lastBlock(database);
  const audit = new Audit(options, {
    chain,
    state,
    cosigned,
    configuration: new ConfigurationAudit(opened.value.genesis, { stored, sureIndex }),
    lastHeight: last?.height ?? -1,
    lastIndex: await lastLogIndex(database),
    history: await History.open(options.suite, database, 0, archivedLeaves(options)),
    rows: new ChainRows(options.suite, database, { kept, segments }),
  });
  return audit.run();
}

function archivedLeaves({ suite, segments = [] }: AuditOptions): ArchivedLeaves {
  const groups = new ArchivedGroups(suite, async () => segments);
  return (position) => groups.leafHashes(position);
}

type Subject = {
  readonly chain: ChainInfo;
  readonly state: StoredState;
  readonly cosigned: Cosigned | undefined;
  readonly configuration: ConfigurationAudit;
  readonly lastHeight: number;
  readonly lastIndex: number;
  readonly history: History;
  readonly rows: ChainRows;
};

/** SQLite or the tree says that what it reads is not what was written. */
const unreadable = [
  'database-corrupt',
  'database-damaged',
  'database-read',
  'tree-leaves',
  'segment-damaged',
];

class Audit {
  readonly #options: AuditOptions;
  readonly #subject: Subject;
  readonly #blocks: Cursor<BlockRow>;
  readonly #outputs: Cursor<OutputRow>;
  readonly #ledger: Ledger;
  readonly #genesisBlock: AppliedBlock;
  readonly #known: KnownVerdicts;
  #height = 0;
  #entryCount = 0;
  #refusedCount = 0;
  #outputCount = 0;

  constructor(options: AuditOptions, subject: Subject) {
    const { suite, contracts } = options;
    const { chain, history, lastHeight, rows } = subject;
    this.#options = options;
    this.#subject = subject;
    this.#blocks = new Cursor(rows.blocks(lastHeight));
    this.#outputs = new Cursor(rows.outputs(lastHeight));
    const { tree } = history;
    const begun = Ledger.begin(suite, chain.genesisBytes, { contracts, tree });
    this.#ledger = begun.ledger;
    this.#genesisBlock = begun.block;
    this.#known = new KnownVerdicts(suite, chain.chainId);
  }

  async run(): Promise<AuditReport> {
    const { chainId } = this.#subject.chain;
    const flaw = await this.#flaw();
    if (flaw !== undefined) return { ok: false, chainId, height: this.#height, ...flaw };
    return {
      ok: true,
      chainId,
      height: this.#subject.lastHeight,
      checkedFrom: 0,
      entryCount: this.#entryCount,
      refusedCount: this.#refusedCount,
      outputCount: this.#outputCount,
      cosignedSize: this.#subject.cosigned?.size ?? 0,
      receiptSize: this.#ledger.registry.receipt?.size ?? 0,
    };
  }

  async #flaw(): Promise<Flaw | undefined> {
    try {
      return (await this.#flawInBlocks()) ?? (await this.#flawInCosigned());
    } catch (error) {
      if (!(error instanceof TielineError) || !unreadable.includes(error.code)) throw error;
      return { reason: 'unreadable', detail: error.message };
    }
  }

  async #flawInBlocks(): Promise<Flaw | undefined> {
    const group = this.#subject.history.note(this.#genesisBlock.headerBytes);
    const flaw = await this.#flawOf(this.#genesisBlock, { logIndex: 0, group });
    if (flaw !== undefined) return flaw;
    let index = 0;
    const log = this.#subject.rows.log(this.#subject.lastIndex);
    for await (const row of log) {
      index += 1;
      const found = await this.#flawInRow(row, index);
      if (found !== undefined) return found;
    }
    const left = await this.#blocks.peek();
    if (left === undefined) return this.#subject.configuration.end();
    this.#height = this.#ledger.head.header.height + 1;
    return { reason: 'missing', detail: `its body, entry ${left.logIndex} of the log, is missing` };
  }

  /** `#height` is the next block's while its entry is looked at. */
  async #flawInRow(row: LogRow, index: number): Promise<Flaw | undefined> {
    this.#height = this.#ledger.head.header.height + 1;
    if (row.index !== index) {
      return { reason: 'missing', detail: `entry ${index} of the log is missing` };
    }
    const entry = entryOf(this.#options.suite, row);
    if (entry === undefined) {
      return { reason: 'log', detail: `entry ${index} of the log is not what was written` };
    }
    const { configuration, lastHeight } = this.#subject;
    const isApplied = this.#height <= lastHeight || index <= configuration.logIndex;
    if (entry.kind === 'config' && isApplied) {
      return configuration.take(entry, this.#ledger.registry.members);
    }
    // What follows the newest block is not committed yet, or not applied.
    if (this.#height > this.#subject.lastHeight) return undefined;
    const meaning = meaningOf(entry);
    if (meaning.kind === 'block') return this.#flawInBody(entry, meaning.body);
    if (meaning.kind === 'own') return undefined;
    // Where a leader put no block, no block stands; where one does, its body was altered.
    const next = await this.#blocks.peek();
    if (next?.logIndex !== entry.index) return undefined;
    return { reason: 'body', detail: `the body is none: ${meaning.detail}` };
  }

  async #flawInBody(entry: Entry, body: BlockBody): Promise<Flaw | undefined> {
    const { suite } = this.#options;
    const on = { ledger: this.#ledger, history: this.#subject.history };
    const given = { body, verdicts: this.#known.verdicts };
    const { block, group } = await applyBody(suite, on, given);
    return this.#flawOf(block, { logIndex: entry.index, group });
  }

  async #flawOf(
    block: AppliedBlock,
    place: { readonly logIndex: number; readonly group: HeaderGroup | undefined },
  ): Promise<Flaw | undefined> {
    const { height } = block.header;
    const row = await this.#blocks.take();
    const outputs = await this.#outputs.takeWhile((output) => output.height <= height);
    if (row?.height !== height) return { reason: 'missing', detail: 'the block is missing' };
    if (row.logIndex !== place.logIndex) {
      return { reason: 'log', detail: `it points at entry ${row.logIndex}, not ${place.logIndex}` };
    }
    const flaw =
      flawOfBlock(block, { row, outputs }) ??
      (await this.#flawInGroup(place.group)) ??
      flawOfState(this.#ledger, this.#subject.state);
    if (flaw !== undefined) return flaw;
    this.#entryCount += block.accepted.length;
    this.#refusedCount += block.refused.length;
    this.#outputCount += outputs.length;
    const { lastHeight } = this.#subject;
    if (height % limits.storePageRows === 0) this.#options.onProgress?.({ height, lastHeight });
    return undefined;
  }

  async #flawInGroup(group: HeaderGroup | undefined): Promise<Flaw | undefined> {
    if (group === undefined) return undefined;
    const stored = await readGroupHash(this.#options.database, group.position);
    if (stored !== undefined && equal(stored, group.hash)) return undefined;
    return { reason: 'history', detail: `tree hash ${group.position} is not that of the headers` };
  }

  async #flawInCosigned(): Promise<Flaw | undefined> {
    const { cosigned, chain, history, lastHeight } = this.#subject;
    if (cosigned === undefined) return undefined;
    this.#height = Math.min(cosigned.size - 1, lastHeight + 1);
    if (cosigned.size > lastHeight + 1) {
      const detail = `a checkpoint of ${cosigned.size} blocks was signed, the block is missing`;
      return { reason: 'missing', detail };
    }
    const member = this.#ledger.registry.member(chain.gateway);
    const root = await history.ask({ sizes: [cosigned.size] }, (tree) => tree.root(cosigned.size));
    return flawOfCosigned(this.#options.suite, cosigned, { ...chain, root, member });
  }
}
