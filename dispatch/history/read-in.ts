// SPDX-License-Identifier: Apache-2.0
// One step of a history that follows the accepted messages: a page of them becomes rows, written
// together with the place up to which they have been read.

import { assert } from '../../base/assert.ts';
import { historyLimits } from '../../base/history-limits.ts';
import type { Suite } from '../../base/suite.ts';
import { decodeHeader } from '../../sidechain/chain/header.ts';
import type { StoredMessage } from '../store/summary-store.ts';
import { type HistoryRow, historyRowOf } from './history-row.ts';
import type { HistoryStore } from './history-store.ts';

/** The accepted messages, in the order they were taken: `SummaryStore`. */
export type HistorySource = {
  readonly messagesAfter: (sequence: number, countMax: number) => Promise<readonly StoredMessage[]>;
  /** 0 where there is none. */
  readonly lastSequence: () => Promise<number>;
};

export type ReadIn = {
  /** The last message that is in. */
  readonly position: number;
  /** False when there was nothing to read. */
  readonly more: boolean;
  /** Another program reads into the same history. */
  readonly moved: boolean;
};

export async function readIn(options: {
  readonly suite: Suite;
  readonly store: HistoryStore;
  readonly source: HistorySource;
  /** Windows that start earlier are not kept. */
  readonly keptFromMs: number;
}): Promise<ReadIn> {
  const { suite, store, source, keptFromMs } = options;
  const { sequence } = await store.position();
  const messages = await source.messagesAfter(sequence, historyLimits.pageMessagesMax);
  const last = messages.at(-1);
  if (last === undefined) return { position: sequence, more: false, moved: false };
  const added = await store.add({
    from: sequence,
    to: { sequence: last.sequence, hash: suite.sha256(last.bytes) },
    rows: messages.flatMap(rowsOf).filter(({ startMs }) => startMs >= keptFromMs),
  });
  const moved = added === 'moved';
  return { position: moved ? sequence : last.sequence, more: true, moved };
}

function rowsOf({ message }: StoredMessage): HistoryRow[] {
  const header = decodeHeader(message.header);
  assert(header.ok, 'the header was checked before it was stored');
  const { chainId, height } = header.value;
  return message.outputs.map(({ index, bytes }) =>
    historyRowOf({ chainId, height, outputIndex: index }, bytes),
  );
}
