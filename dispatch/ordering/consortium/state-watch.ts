// SPDX-License-Identifier: Apache-2.0
// Tells in the log when a node of a consortium can decide nothing, and when it can again. What passes
// within seconds, as each start does, is not told.

import { limits } from '../../../base/limits.ts';
import type { Log } from '../../../host/log.ts';
import type { OrderingStatus } from '../ordering.ts';

type ConsortiumStatus = Extract<OrderingStatus, { readonly kind: 'consortium' }>;
type State = ConsortiumStatus['state'];

const events = { ok: 'consortium-goes-on', behind: 'node-behind', stalled: 'consortium-stalled' };

export class StateWatch {
  readonly #log: Log;
  #told: State = 'ok';
  #seen: State = 'ok';
  #sinceMs = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  see(status: ConsortiumStatus, nowMs: number): void {
    const { state, height, organisations, connected, needed } = status;
    if (state !== this.#seen) this.#sinceMs = nowMs;
    this.#seen = state;
    if (state === this.#told) return;
    if (state !== 'ok' && nowMs - this.#sinceMs < limits.consensusStalledMs) return;
    this.#told = state;
    const fields = { height, organisations, connected, needed };
    if (state === 'stalled') {
      this.#log.warn(events.stalled, { ...fields, hint: hintOf(status) });
    } else this.#log.info(events[state], fields);
  }
}

function hintOf({ organisations, connected, needed }: ConsortiumStatus): string {
  if (connected.length + 1 >= needed) {
    return 'enough are connected, and decide nothing: see the log of the others';
  }
  const reached = `${connected.length} of ${organisations.length - 1} others are reached`;
  return (
    `${reached}: see whether they run, and the network between their engines and this one ` +
    '(`persistent_peers` in engine/config/config.toml)'
  );
}
