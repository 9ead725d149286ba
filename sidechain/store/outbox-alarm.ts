// SPDX-License-Identifier: Apache-2.0
// Says when the outbox is filling up, and when it has drained: each once.

import type { Log } from '../../host/log.ts';
import type { Outbox } from './outbox.ts';

/** To be called after each write. */
export function outboxAlarm(outbox: Outbox, log: Log): () => void {
  let wasFilling = false;
  return () => {
    const { isFilling, count, bytes } = outbox;
    if (isFilling === wasFilling) return;
    wasFilling = isFilling;
    if (isFilling) log.error('outbox-filling', { count, bytes });
    else log.info('outbox-drained', { count, bytes });
  };
}
