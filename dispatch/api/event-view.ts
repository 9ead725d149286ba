// SPDX-License-Identifier: Apache-2.0
// What a client hears of an event of the ledger: its name, and data as the other routes show them.

import { assert } from '../../base/assert.ts';
import { toBase64, toHex } from '../../base/bytes.ts';
import { unpack } from '../../host/packing.ts';
import { decodeHeader } from '../../sidechain/chain/header.ts';
import { decodeSummaryMessage } from '../../sidechain/chain/summary-message.ts';
import { historyRowOf } from '../history/history-row.ts';
import type { StoredEvent } from '../store/event-store.ts';
import { reportView } from './report-view.ts';
import { type Caller, mayReadDevice } from './rights.ts';
import { summaryView } from './summary-view.ts';
import { formatTime } from './time-query.ts';

type EventView = {
  readonly name: 'anchor' | 'report' | 'quarantine' | 'conflict' | 'summary';
  readonly data: object;
};

/** None where it is of devices that the caller may not read. */
export function eventViews(event: StoredEvent, caller: Caller): readonly EventView[] {
  const chain = toHex(event.chainId);
  switch (event.kind) {
    case 'anchor': {
      const { size, logIndex, root, timeMs } = event;
      const data = { chain, size, root: toBase64(root), logIndex, acceptedAt: formatTime(timeMs) };
      return [{ name: 'anchor', data }];
    }
    case 'report':
      return [{ name: 'report', data: { chain, ...reportView(event) } }];
    case 'fork': {
      const data = { chain, size: event.position, foundAt: formatTime(event.timeMs) };
      return [{ name: 'quarantine', data }];
    }
    case 'summary-conflict': {
      const data = { chain, height: event.position, foundAt: formatTime(event.timeMs) };
      return [{ name: 'conflict', data }];
    }
    case 'summaries':
      return summaryViews(event, caller);
  }
}

function summaryViews(
  { chainId, bytes }: Extract<StoredEvent, { readonly kind: 'summaries' }>,
  caller: Caller,
): readonly EventView[] {
  const message = decodeSummaryMessage(unpack(bytes) ?? bytes);
  assert(message.ok, 'only messages that were read are stored');
  const header = decodeHeader(message.value.header);
  assert(header.ok, 'the header was checked before it was stored');
  const { height } = header.value;
  const href = `/api/v1/chains/${toHex(chainId)}/summaries`;
  return message.value.outputs
    .map(({ index, bytes: output }) =>
      summaryView(historyRowOf({ chainId, height, outputIndex: index }, output), href),
    )
    .filter(({ device }) => mayReadDevice(caller, device))
    .map((data) => ({ name: 'summary', data }));
}
