// SPDX-License-Identifier: Apache-2.0
// Routes of the main log itself, and of the program's health.

import type { Route } from '../../host/http.ts';
import type { Ordering } from '../ordering/ordering.ts';

export function logRoutes(options: {
  readonly ordering: Ordering;
  readonly brokerConnected: () => boolean;
  readonly refused: () => Readonly<Record<string, number>>;
}): readonly Route[] {
  const { ordering, brokerConnected, refused } = options;
  return [
    {
      method: 'GET',
      path: '/api/v1/log',
      description: 'The newest checkpoint of the main log, a signed note (C2SP tlog-checkpoint).',
      handler: async () => ({ status: 200, body: await ordering.checkpoint() }),
    },
    {
      method: 'GET',
      path: '/healthz',
      description: 'Whether the program works; and what it has refused, by reason.',
      handler: () => {
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
