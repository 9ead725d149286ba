// SPDX-License-Identifier: Apache-2.0
// All rows that a query finds, however many: page by page, so that one page is in memory. Where whoever
// asked is gone, or this program ends, it fails: part of the rows never looks like all of them.

import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { History } from '../history/history.ts';
import type { HistoryPlace, HistoryRow } from '../history/history-row.ts';
import type { HistoryQuery } from '../history/history-store.ts';

/** @throws TielineError `cut-off`, transient. */
export async function* allRows(
  history: History,
  query: Omit<HistoryQuery, 'after' | 'countMax'> & {
    readonly after?: HistoryPlace | undefined;
    readonly ending: AbortSignal;
  },
): AsyncIterable<HistoryRow> {
  const { ending, ...rest } = query;
  let { after } = query;
  for (;;) {
    requireGoing(ending);
    const rows = await history.query({ ...rest, after, countMax: limits.historyPageMax });
    yield* rows;
    after = rows.at(-1);
    if (rows.length < limits.historyPageMax) return;
  }
}

/** @throws TielineError `cut-off`, transient. */
export function requireGoing(ending: AbortSignal): void {
  if (!ending.aborted) return;
  throw new TielineError('cut-off', 'whoever asked is gone, or this program ends', {
    hint: 'ask again',
    retry: 'transient',
  });
}
