// SPDX-License-Identifier: Apache-2.0
// Routes of the main log itself, and of the program's health.

import type { Ordering } from '../ordering/ordering.ts';
import type { ApiRoute } from './access.ts';
import { closed, count, json, text } from './answer-schema.ts';

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
      operation: 'getLog',
      keeping: 'ask-again',
      answers: { 200: text('The signed note.') },
      right: 'log',
      description: 'The newest checkpoint of the main log, a signed note (C2SP tlog-checkpoint).',
      handler: async () => ({ status: 200, body: await ordering.checkpoint() }),
    },
    {
      method: 'GET',
      path: '/healthz',
      operation: 'getHealth',
      answers: {
        200: json(
          'It works.',
          closed(
            {
              status: { const: 'ok' },
              broker: { enum: ['connected', 'disconnected'] },
              chains: count,
              history: { type: 'object' },
              ordering: { type: 'object' },
              refused: { type: 'object', additionalProperties: count },
            },
            ['broker', 'chains', 'history', 'ordering', 'refused'],
          ),
        ),
      },
      right: 'open',
      description:
        'Whether the program works; to those who operate it, also what it has refused, by reason.',
      handler: (_, caller) => {
        if (!caller.rights.has('operate')) return { status: 200, body: { status: 'ok' } };
        const broker = brokerConnected() ? 'connected' : 'disconnected';
        const { chainCount, status } = ordering;
        return {
          status: 200,
          body: { status: 'ok', broker, chains: chainCount, ordering: status, refused: refused() },
        };
      },
    },
  ];
}
