// SPDX-License-Identifier: Apache-2.0
// All rows that a query finds, however many: page by page, so that one page is in memory.

import { limits } from '../../base/limits.ts';
import type { History } from '../history/history.ts';
import type { HistoryPlace, HistoryRow } from '../history/history-row.ts';
import type { HistoryQuery } from '../history/history-store.ts';

export async function* allRows(
  history: History,
  query: Omit<HistoryQuery, 'after' | 'countMax'> & {
    readonly after?: HistoryPlace | undefined;
    readonly ending: AbortSignal;
  },
): AsyncIterable<HistoryRow> {
  const { ending, ...rest } = query;
  let { after } = query;
  while (!ending.aborted) {
    const rows = await history.query({ ...rest, after, countMax: limits.historyPageMax });
    yield* rows;
    after = rows.at(-1);
    if (rows.length < limits.historyPageMax) return;
  }
}
