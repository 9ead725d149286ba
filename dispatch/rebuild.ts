// SPDX-License-Identifier: Apache-2.0
// Makes the history again from the accepted messages, from nothing to the last of them. A failure
// ends it: what is in by then stays, and a running node goes on from there.

import { nodeSuite } from '../base/node-suite.ts';
import { systemClock } from '../host/clock.ts';
import { openDatabase } from '../host/sqlite.ts';
import { loadDispatchConfig } from './config.ts';
import { dispatchFiles } from './files.ts';
import { openHistory } from './history/open-history.ts';
import { readIn } from './history/read-in.ts';
import { ledgerMigrations } from './store/ledger-schema.ts';
import { SummaryStore } from './store/summary-store.ts';

/** Messages read in, of how many. */
export type RebuildProgress = { readonly done: number; readonly of: number };

/**
 * @param options.onProgress after each page.
 * @throws TielineError `database-locked` where a node has its SQLite history open, `postgres-*`.
 */
export async function rebuildHistory(options: {
  readonly configPath: string;
  readonly ending: AbortSignal;
  readonly onProgress: (progress: RebuildProgress) => void;
}): Promise<RebuildProgress & { readonly kind: string }> {
  const { configPath, ending, onProgress } = options;
  const config = loadDispatchConfig(configPath);
  const files = dispatchFiles(config.data);
  const { nowMs } = await systemClock();
  const history = await openHistory({ config: config.history, path: files.history, nowMs });
  try {
    const ledger = await openDatabase({
      path: files.ledger,
      mode: 'read-only',
      migrations: ledgerMigrations,
    });
    try {
      const source = new SummaryStore(ledger);
      const { store } = history;
      await store.clear();
      const keepMs = config.history.keepMs;
      const keptFromMs = keepMs === undefined ? 0 : nowMs() - keepMs;
      let progress = { done: 0, of: await source.lastSequence() };
      for (;;) {
        ending.throwIfAborted();
        const step = await readIn({ suite: nodeSuite, store, source, keptFromMs });
        const of = Math.max(step.position, await source.lastSequence());
        progress = { done: step.position, of };
        onProgress(progress);
        if (!step.more) return { ...progress, kind: store.kind };
      }
    } finally {
      await ledger.close();
    }
  } finally {
    await history.close();
  }
}
