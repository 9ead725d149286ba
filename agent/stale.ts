// SPDX-License-Identifier: Apache-2.0
// What is said where no majority of the voters is there: by whatever shows the chain, and to whoever
// would put something on it.

import type { HttpResponse } from '../host/http-problem.ts';
import { problem } from '../host/http-problem.ts';
import type { Stale } from '../sidechain/backing.ts';
import type { NodeStatus } from '../sidechain/node-status.ts';

/** How old what is shown of the chain is; `stale` where others may know more. */
export type Shown = {
  readonly height: number;
  /** Of that block, Unix ms. */
  readonly timeMs: number;
  readonly stale?: Stale;
};

export function shownOf({ height, timeMs, stale }: NodeStatus): Shown {
  return { height, timeMs, ...(stale === undefined ? {} : { stale }) };
}

/** One line for people; undefined where all is well. */
export function staleText({ height, timeMs, stale }: Shown): string | undefined {
  if (stale === undefined) return undefined;
  const { forMs, votersReached, voters } = stale;
  const time = new Date(timeMs).toISOString();
  return (
    `STALE     no majority for ${Math.floor(forMs / 1_000)} s: ${votersReached} of ${voters} voters are ` +
    `here; the chain is shown as of block ${height}, ${time}`
  );
}

/** To who would put something on the chain now: 503, and nothing is written. Undefined with a majority. */
export function refusalWhileStale({ stale, peers }: NodeStatus): HttpResponse | undefined {
  if (stale === undefined) return undefined;
  const away = peers.filter(({ role, isConnected }) => role === 'voter' && !isConnected);
  const names = away.map(({ name }) => name).join(' and ');
  const detail =
    `no majority of the chain’s voters is there (${stale.votersReached} of ${stale.voters}): ` +
    'nothing can be put on the chain, and nothing was written';
  const hint =
    names === ''
      ? 'the voters are connected and have no leader yet: try again, and see `tieline status`'
      : `bring ${names} back, then try again; meters are read and signed meanwhile`;
  return problem(503, detail, { hint });
}
