// SPDX-License-Identifier: Apache-2.0
// A mirror's own database: what was copied, and how far. Each page is written with the place where
// it ends, so that a copy that is broken off goes on from there.

import { assert } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import type { Database, Row, Statement } from '../../host/sqlite.ts';
import { bytesOf, integerOf, textOf } from '../store/columns.ts';
import type { ProvenAnchor, ShownChain } from './judge.ts';

export type MirrorState = {
  readonly mainLogId: Uint8Array;
  readonly genesis: Uint8Array | undefined;
  readonly sequence: number;
  readonly anchored: number;
};

export type StoredCheckpoint = {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
};

export type CopiedOutput = {
  readonly startMs: number;
  readonly height: number;
  readonly outputIndex: number;
  readonly bytes: Uint8Array;
};

export type CopiedReport = {
  readonly bytes: Uint8Array;
  /** Whom its evidence names. */
  readonly member: Uint8Array | undefined;
  readonly since: number | undefined;
};

/** One output as it was proven, and when and from where it was copied. */
export type ProvenOutput = CopiedOutput & { readonly sequence: number; readonly copiedMs: number };

export class MirrorStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  write(statements: readonly Statement[]): Promise<void> {
    return this.#database.write(statements);
  }

  /** undefined in a new file. */
  async state(): Promise<MirrorState | undefined> {
    const [row] = await this.#database.read('SELECT * FROM state');
    if (row === undefined) return undefined;
    return {
      mainLogId: bytesOf(row, 'main_log_id'),
      genesis: row.genesis === null ? undefined : bytesOf(row, 'genesis'),
      sequence: integerOf(row, 'sequence'),
      anchored: integerOf(row, 'anchored'),
    };
  }

  begin(mainLogId: Uint8Array): Promise<void> {
    return this.write([
      { sql: 'INSERT INTO state (id, main_log_id) VALUES (1, ?)', params: [mainLogId] },
    ]);
  }

  setGenesis(genesis: Uint8Array): Promise<void> {
    return this.write([{ sql: 'UPDATE state SET genesis = ?', params: [genesis] }]);
  }

  /** In order from `from`, at most as many as one read brings. */
  async leaves(from: number): Promise<readonly Uint8Array[]> {
    const rows = await this.#database.read(
      'SELECT hash FROM leaf WHERE log_index >= ? ORDER BY log_index LIMIT ?',
      [from, limits.databaseRowsMax],
    );
    return rows.map((row) => bytesOf(row, 'hash'));
  }

  async leaf(index: number): Promise<Uint8Array | undefined> {
    const [row] = await this.#database.read('SELECT hash FROM leaf WHERE log_index = ?', [index]);
    return row && bytesOf(row, 'hash');
  }

  addLeaves(from: number, hashes: readonly Uint8Array[]): Promise<void> {
    return this.write(
      hashes.map((hash, i) => ({
        sql: 'INSERT INTO leaf (log_index, hash) VALUES (?, ?)',
        params: [from + i, hash],
      })),
    );
  }

  /** How the keys of the log changed hands, from the first time on. */
  async handOvers(): Promise<readonly Uint8Array[]> {
    const rows = await this.#database.read('SELECT bytes FROM hand_over ORDER BY generation');
    return rows.map((row) => bytesOf(row, 'bytes'));
  }

  keepHandOver(generation: number, bytes: Uint8Array): Promise<void> {
    const sql = 'INSERT INTO hand_over (generation, bytes) VALUES (?, ?)';
    return this.write([{ sql, params: [generation, bytes] }]);
  }

  keepCheckpoint({ size, root, note }: StoredCheckpoint, seenMs: number): Promise<void> {
    return this.write([
      {
        sql: `INSERT INTO checkpoint (size, root, note, seen_ms) VALUES (?, ?, ?, ?)
          ON CONFLICT DO NOTHING`,
        params: [size, root, note, seenMs],
      },
    ]);
  }

  async checkpoints(size: number): Promise<readonly StoredCheckpoint[]> {
    const rows = await this.#database.read('SELECT * FROM checkpoint WHERE size = ?', [size]);
    return rows.map(checkpointOf);
  }

  async chain(chainId: Uint8Array): Promise<ShownChain | undefined> {
    const [row] = await this.#database.read('SELECT * FROM chain WHERE chain_id = ?', [chainId]);
    return row && chainOf(row);
  }

  async chainIds(after: Uint8Array): Promise<readonly Uint8Array[]> {
    const rows = await this.#database.read(
      'SELECT chain_id FROM chain WHERE chain_id > ? ORDER BY chain_id LIMIT ?',
      [after, limits.chainsPageMax],
    );
    return rows.map((row) => bytesOf(row, 'chain_id'));
  }

  keepChain(chainId: Uint8Array, { genesis, enrolment, membership }: ShownChain): Promise<void> {
    return this.write([
      {
        sql: `INSERT INTO chain (chain_id, genesis, enrolment, membership) VALUES (?, ?, ?, ?)
          ON CONFLICT (chain_id) DO UPDATE SET membership = excluded.membership,
            enrolment = excluded.enrolment`,
        params: [chainId, genesis, enrolment, membership ?? null],
      },
    ]);
  }

  async newestAnchor(chainId: Uint8Array): Promise<ProvenAnchor | undefined> {
    const [row] = await this.#database.read(
      `SELECT size, root, version FROM anchor WHERE chain_id = ? ORDER BY size DESC LIMIT 1`,
      [chainId],
    );
    return row && provenOf(row);
  }

  /** The one that this chain had before this leaf. */
  async anchorBefore(chainId: Uint8Array, logIndex: number): Promise<ProvenAnchor | undefined> {
    const [row] = await this.#database.read(
      `SELECT size, root, version FROM anchor WHERE chain_id = ? AND log_index < ?
        ORDER BY log_index DESC LIMIT 1`,
      [chainId, logIndex],
    );
    return row && provenOf(row);
  }

  async acts(): Promise<readonly { readonly logIndex: number; readonly bytes: Uint8Array }[]> {
    const rows = await this.#database.read('SELECT log_index, bytes FROM act ORDER BY log_index');
    return rows.map((row) => ({
      logIndex: integerOf(row, 'log_index'),
      bytes: bytesOf(row, 'bytes'),
    }));
  }

  keepAct(logIndex: number, bytes: Uint8Array): Promise<void> {
    const sql = 'INSERT INTO act (log_index, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING';
    return this.write([{ sql, params: [logIndex, bytes] }]);
  }

  /** In the order they were copied. */
  async reports(chainId: Uint8Array): Promise<readonly CopiedReport[]> {
    const rows = await this.#database.read(
      'SELECT bytes, member, since FROM report WHERE chain_id = ? ORDER BY id LIMIT ?',
      [chainId, limits.databaseRowsMax],
    );
    return rows.map(reportOf);
  }

  keepReport(
    chainId: Uint8Array,
    report: {
      readonly bytes: Uint8Array;
      readonly member: Uint8Array | undefined;
      readonly seenMs: number;
    },
  ): Promise<void> {
    const { bytes, member, seenMs } = report;
    return this.write([
      {
        sql: `INSERT INTO report (chain_id, bytes, member, seen_ms) VALUES (?, ?, ?, ?)
          ON CONFLICT DO NOTHING`,
        params: [chainId, bytes, member ?? null, seenMs],
      },
    ]);
  }

  /** What was seen before this moment came before the leaf `since`. */
  settleReports(seenBeforeMs: number, since: number): Promise<void> {
    const sql = 'UPDATE report SET since = ? WHERE since IS NULL AND seen_ms <= ?';
    return this.write([{ sql, params: [since, seenBeforeMs] }]);
  }

  /** Members whom evidence names. */
  async distrusted(
    chainId: Uint8Array,
  ): Promise<readonly { readonly member: Uint8Array; readonly since: number | undefined }[]> {
    return (await this.reports(chainId)).flatMap(({ member, since }) =>
      member === undefined ? [] : [{ member, since }],
    );
  }

  /** Members who counted for nothing when this leaf was taken. */
  async distrustedAt(chainId: Uint8Array, logIndex: number): Promise<readonly Uint8Array[]> {
    const rows = await this.#database.read(
      'SELECT member FROM report WHERE chain_id = ? AND member IS NOT NULL AND since <= ? LIMIT ?',
      [chainId, logIndex, limits.databaseRowsMax],
    );
    return rows.map((row) => bytesOf(row, 'member'));
  }

  async audited(): Promise<{ readonly anchor: number; readonly message: number }> {
    const [row] = await this.#database.read('SELECT audited_anchor, audited_message FROM state');
    assert(row !== undefined, 'a mirror that has copied has a state');
    return {
      anchor: integerOf(row, 'audited_anchor'),
      message: integerOf(row, 'audited_message'),
    };
  }

  setAudited({ anchor, message }: { anchor: number; message: number }): Promise<void> {
    const sql = 'UPDATE state SET audited_anchor = ?, audited_message = ?';
    return this.write([{ sql, params: [anchor, message] }]);
  }

  async rootAt(chainId: Uint8Array, size: number): Promise<Uint8Array | undefined> {
    const [row] = await this.#database.read(
      'SELECT root FROM anchor WHERE chain_id = ? AND size = ?',
      [chainId, size],
    );
    return row && bytesOf(row, 'root');
  }

  /** Anchors in the order of the log, from the leaf `from` on. */
  async anchors(from: number): Promise<readonly Row[]> {
    return this.#database.read(
      'SELECT log_index, chain_id, bytes FROM anchor WHERE log_index >= ? ORDER BY log_index LIMIT ?',
      [from, limits.historyBatchMessagesMax * limits.historyBatchMessagesMax],
    );
  }

  /** Messages in the order they were copied, after the one of this id. */
  async messages(after: number): Promise<readonly Row[]> {
    return this.#database.read(
      'SELECT id, chain_id, sequence, bytes FROM message WHERE id > ? ORDER BY id LIMIT ?',
      [after, limits.historyBatchMessagesMax],
    );
  }

  async lastMessage(): Promise<{ sequence: number; bytes: Uint8Array } | undefined> {
    const [row] = await this.#database.read(
      'SELECT sequence, bytes FROM message ORDER BY id DESC LIMIT 1',
    );
    return row && { sequence: integerOf(row, 'sequence'), bytes: bytesOf(row, 'bytes') };
  }

  async output(
    chainId: Uint8Array,
    at: { readonly height: number; readonly outputIndex: number },
  ): Promise<ProvenOutput | undefined> {
    const [row] = await this.#database.read(
      `${selectOutputs} WHERE o.chain_id = ? AND o.height = ? AND o.output_index = ?`,
      [chainId, at.height, at.outputIndex],
    );
    return row && outputOf(row);
  }

  /** Of windows that start from `fromMs` on and before `toMs`, in order. */
  async outputs(
    chainId: Uint8Array,
    span: { readonly fromMs: number; readonly toMs: number },
    countMax: number,
  ): Promise<readonly ProvenOutput[]> {
    const rows = await this.#database.read(
      `${selectOutputs} WHERE o.chain_id = ? AND o.start_ms >= ? AND o.start_ms < ?
        ORDER BY o.start_ms, o.height, o.output_index LIMIT ?`,
      [chainId, span.fromMs, span.toMs, countMax],
    );
    return rows.map(outputOf);
  }

  async counts(): Promise<{
    readonly leaves: number;
    readonly chains: number;
    readonly anchors: number;
    readonly summaries: number;
  }> {
    const [row] = await this.#database.read(
      `SELECT (SELECT count(*) FROM leaf) AS leaves, (SELECT count(*) FROM chain) AS chains,
        (SELECT count(*) FROM anchor) AS anchors, (SELECT count(*) FROM output) AS summaries`,
    );
    assert(row !== undefined, 'a count has a row');
    return {
      leaves: integerOf(row, 'leaves'),
      chains: integerOf(row, 'chains'),
      anchors: integerOf(row, 'anchors'),
      summaries: integerOf(row, 'summaries'),
    };
  }
}

const selectOutputs = `SELECT o.start_ms, o.height, o.output_index, o.bytes, m.sequence, m.copied_ms
  FROM output o JOIN message m ON m.id = o.message`;

function checkpointOf(row: Row): StoredCheckpoint {
  return {
    size: integerOf(row, 'size'),
    root: new Uint8Array(bytesOf(row, 'root')),
    note: textOf(row, 'note'),
  };
}

function chainOf(row: Row): ShownChain {
  return {
    genesis: bytesOf(row, 'genesis'),
    enrolment: bytesOf(row, 'enrolment'),
    membership: row.membership === null ? undefined : bytesOf(row, 'membership'),
  };
}

function reportOf(row: Row): CopiedReport {
  return {
    bytes: bytesOf(row, 'bytes'),
    member: row.member === null ? undefined : bytesOf(row, 'member'),
    since: row.since === null ? undefined : integerOf(row, 'since'),
  };
}

function provenOf(row: Row): ProvenAnchor {
  return {
    size: integerOf(row, 'size'),
    root: bytesOf(row, 'root'),
    version: integerOf(row, 'version'),
  };
}

function outputOf(row: Row): ProvenOutput {
  return {
    startMs: integerOf(row, 'start_ms'),
    height: integerOf(row, 'height'),
    outputIndex: integerOf(row, 'output_index'),
    bytes: bytesOf(row, 'bytes'),
    sequence: integerOf(row, 'sequence'),
    copiedMs: integerOf(row, 'copied_ms'),
  };
}
