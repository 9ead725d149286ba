// SPDX-License-Identifier: Apache-2.0
// The history of summaries, as it is asked for: a read model that follows the accepted messages
// from its own position and holds nothing that they do not. Whatever becomes of its database,
// nothing else waits for it: while it is away the history falls behind, says how far, tries again,
// and catches up.

import { equal } from '../../base/bytes.ts';
import { messageOf, TielineError } from '../../base/errors.ts';
import { historyLimits } from '../../base/history-limits.ts';
import type { Suite } from '../../base/suite.ts';
import { backoffMs } from '../../host/backoff.ts';
import type { Log } from '../../host/log.ts';
import type { HistoryRow } from './history-row.ts';
import type { HistoryQuery, HistoryStore, Register, RegisterQuery } from './history-store.ts';
import { type HistorySource, readIn } from './read-in.ts';

export type HistoryStatus = {
  readonly kind: HistoryStore['kind'];
  /** `waiting`: its database does not answer as it should; `error` says why. */
  readonly state: 'following' | 'waiting';
  /** Accepted messages that are not in it; all of them while it has not said where it is. */
  readonly behind: number;
  /** The last that is in it. */
  readonly position: number;
  /** Attempts that failed since the start, and in a row. */
  readonly failures: number;
  readonly error: string | undefined;
};

export type HistoryOptions = {
  readonly suite: Suite;
  readonly store: HistoryStore;
  readonly source: HistorySource;
  readonly log: Log;
  readonly nowMs: () => number;
  /** How long summaries are kept; undefined: for ever. */
  readonly keepMs?: number | undefined;
  /** Called where it can never go on in this process. */
  readonly onFailure: (error: unknown) => void;
};

export class History {
  readonly #options: HistoryOptions;
  #following: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #wake: (() => void) | undefined;
  #position = 0;
  #compared = false;
  #droppedMs = Number.NEGATIVE_INFINITY;
  #failures = { all: 0, inRow: 0, error: undefined as string | undefined };

  /** Follows when told to: at the start, and whenever something was stored. */
  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Reads in what was accepted since, in the background. */
  follow(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#following ??= this.#follow().catch((error) => {
      this.#closed = true;
      this.#options.onFailure(error);
    });
  }

  /** Resolves when all that was accepted before the call is in. */
  async upToDate(): Promise<void> {
    this.follow();
    while (this.#following !== undefined) await this.#following;
  }

  /** @throws TielineError transient while its database is away. */
  query(query: HistoryQuery): Promise<readonly HistoryRow[]> {
    return this.#options.store.query(query);
  }

  /** The first chain behind `after`, by id, that has a summary of this device. */
  chainWith(device: string, after: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#options.store.chainWith(device, after);
  }

  /** All registers of a chain, or of one device on it, one after the other. */
  async *registers(of: Omit<RegisterQuery, 'after'>): AsyncIterable<Register> {
    let after: Register | undefined;
    for (;;) {
      after = await this.#options.store.registerBehind({ ...of, after });
      if (after === undefined) return;
      yield after;
    }
  }

  async hasDevice(chainId: Uint8Array, device: string): Promise<boolean> {
    const rows = await this.query({
      chainId,
      fromMs: 0,
      toMs: Number.MAX_SAFE_INTEGER,
      devices: new Set([device]),
      obis: undefined,
      allRevisions: true,
      after: undefined,
      countMax: 1,
    });
    return rows.length > 0;
  }

  /** Of what is kept, nothing starts before this. */
  get keptFromMs(): number {
    const { keepMs, nowMs } = this.#options;
    return keepMs === undefined ? 0 : Math.max(0, nowMs() - keepMs);
  }

  async status(): Promise<HistoryStatus> {
    const { store, source } = this.#options;
    const { all, inRow, error } = this.#failures;
    return {
      kind: store.kind,
      state: inRow === 0 ? 'following' : 'waiting',
      behind: Math.max(0, (await source.lastSequence()) - this.#position),
      position: this.#position,
      failures: all,
      error,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    await this.#following;
  }

  async #follow(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        while (!this.#closed && (await this.#tryStep())) {
          // As long as there is more.
        }
      }
    } finally {
      this.#following = undefined;
    }
  }

  /** False when there is nothing more. */
  async #tryStep(): Promise<boolean> {
    try {
      const more = await this.#step();
      if (this.#failures.inRow > 0) this.#options.log.info('history-follows');
      this.#failures = { ...this.#failures, inRow: 0, error: undefined };
      return more;
    } catch (error) {
      const { store } = this.#options;
      const isFatal = !(error instanceof TielineError) || error.retry === 'fatal';
      if (isFatal || store.kind === 'sqlite') throw error;
      await this.#wait(error);
      return true;
    }
  }

  async #wait(error: TielineError): Promise<void> {
    const { all, inRow, error: before } = this.#failures;
    const said = messageOf(error);
    if (said !== before && !this.#closed) {
      this.#options.log.warn('history-waits', { error, hint: error.hint });
    }
    this.#failures = { all: all + 1, inRow: inRow + 1, error: said };
    if (this.#closed) return;
    const ms = backoffMs({
      failures: inRow,
      minMs: historyLimits.retryMsMin,
      maxMs: historyLimits.retryMsMax,
      // Few nodes share a database: they need not be spread.
      random: 1 / 2,
    });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** One page, rows and position in one transaction. False when there was nothing. */
  async #step(): Promise<boolean> {
    const { suite, store, source } = this.#options;
    await this.#compare();
    await this.#drop();
    const { keptFromMs } = this;
    const { position, more, moved } = await readIn({ suite, store, source, keptFromMs });
    this.#position = position;
    // Whoever else reads in may do so from another ledger.
    if (moved) this.#compared = false;
    return more;
  }

  /** Once: whether what is in it was made from these very messages. */
  async #compare(): Promise<void> {
    if (this.#compared) return;
    const { suite, store, source, log } = this.#options;
    const { sequence, hash } = await store.position();
    const [message] = sequence === 0 ? [] : await source.messagesAfter(sequence - 1, 1);
    const isSame =
      sequence === 0 ||
      (message?.sequence === sequence &&
        (hash === null || equal(suite.sha256(message.bytes), hash)));
    if (!isSame && store.kind === 'sqlite') {
      // The file is this node's own, and its ledger was restored: made again at once.
      log.warn('history-made-again', { position: sequence });
      await store.clear();
    } else if (!isSame) {
      throw new TielineError(
        'history-diverged',
        `the history was made from another ledger, or the ledger is older: its message ${sequence} is not there`,
        { hint: 'make it again from this ledger: `tieline dispatch rebuild --config FILE`' },
      );
    }
    this.#compared = true;
  }

  async #drop(): Promise<void> {
    const { store, nowMs, keepMs } = this.#options;
    if (keepMs === undefined || nowMs() - this.#droppedMs < historyLimits.dropMs) return;
    await store.dropBefore(this.keptFromMs);
    this.#droppedMs = nowMs();
  }
}
