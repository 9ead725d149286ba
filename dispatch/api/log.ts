// SPDX-License-Identifier: Apache-2.0
// Routes of the main log itself, and of the program's health.

import type { Ordering } from '../ordering/ordering.ts';
import type { ApiRoute } from './access.ts';

export function logRoutes(options: {
  readonly ordering: Ordering;
  readonly brokerConnected: () => boolean;
  readonly refused: () => Readonly<Record<string, number>>;
}): readonly ApiRoute[] {
  const { ordering, brokerConnected, refused } = options;
  return [
    {
      method: 'GET',
      path: '/api/v1/log',
      right: 'log',
      description: 'The newest checkpoint of the main log, a signed note (C2SP tlog-checkpoint).',
      handler: async () => ({ status: 200, body: await ordering.checkpoint() }),
    },
    {
      method: 'GET',
      path: '/healthz',
      right: 'open',
      description:
        'Whether the program works; to those who operate it, also what it has refused, by reason.',
      handler: (_, caller) => {
        if (!caller.rights.has('operate')) return { status: 200, body: { status: 'ok' } };
        const broker = brokerConnected() ? 'connected' : 'disconnected';
        const { chainCount } = ordering;
        return {
          status: 200,
          body: { status: 'ok', broker, chains: chainCount, refused: refused() },
        };
      },
    },
  ];
}
