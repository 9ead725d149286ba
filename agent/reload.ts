// SPDX-License-Identifier: Apache-2.0
// A gateway reads its configuration again while it runs. Lines and meters follow at once; what else
// has changed is named, and waits for a restart.

import { isDeepStrictEqual } from 'node:util';
import { TielineError } from '../base/errors.ts';
import type { Route } from '../host/http.ts';
import { problem } from '../host/http-problem.ts';
import type { Log } from '../host/log.ts';
import { type GatewayConfig, loadGatewayConfig } from './config.ts';
import type { MeterSide } from './meter-side.ts';

export type Reloaded = {
  /** Names of meters. */
  readonly started: readonly string[];
  readonly stopped: readonly string[];
  /** Meters that have not missed a reading. */
  readonly keptCount: number;
  /** Sections that have changed and are as they were until the next start. */
  readonly restartNeeded: readonly string[];
};

export function reloadRoutes(
  running: GatewayConfig,
  parts: { readonly meters: Pick<MeterSide, 'reload'>; readonly log: Log },
): readonly Route[] {
  let turn: Promise<unknown> = Promise.resolve();
  let current = running;
  const reload = async (): Promise<Reloaded> => {
    const next = loadGatewayConfig(running.file);
    const done = await reloadMeters({ before: current, next, running }, parts.meters);
    current = next;
    parts.log.info('config-reloaded', done);
    return done;
  };
  return [
    {
      method: 'POST',
      path: '/api/v1/reload',
      description: 'Reads the configuration again; lines and meters follow at once.',
      handler: async () => {
        const done = turn.then(reload);
        turn = done.catch(() => {});
        try {
          return { status: 200, body: await done };
        } catch (error) {
          if (!(error instanceof TielineError)) throw error;
          return problem(422, error.message);
        }
      },
    },
  ];
}

async function reloadMeters(
  configs: {
    readonly before: GatewayConfig;
    readonly next: GatewayConfig;
    readonly running: GatewayConfig;
  },
  meters: Pick<MeterSide, 'reload'>,
): Promise<Reloaded> {
  const { before, next, running } = configs;
  const { startedMeters, stoppedMeters, closedLines } = await meters.reload(next);
  const started = startedMeters.map(({ name }) => name);
  const gone = before.meters.filter(({ line }) => closedLines.includes(line));
  const stopped = [...stoppedMeters, ...gone].map(({ name }) => name);
  return {
    started,
    stopped,
    keptCount: next.meters.length - started.length,
    restartNeeded: Object.keys(next).filter(
      (key) =>
        !['lines', 'meters'].includes(key) &&
        !isDeepStrictEqual(next[key as keyof GatewayConfig], running[key as keyof GatewayConfig]),
    ),
  };
}
