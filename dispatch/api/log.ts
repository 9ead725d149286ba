// SPDX-License-Identifier: Apache-2.0
// Routes of the main log itself, and of the program's health.

import type { History } from '../history/history.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { Witnessing } from '../witness/witnessing.ts';
import type { ApiRoute } from './access.ts';
import { closed, count, json, listOf, text, texts } from './answer-schema.ts';

/** `behind`: accepted messages that are not in the history yet. */
const historyState = closed(
  {
    kind: { enum: ['sqlite', 'postgres'] },
    state: { enum: ['following', 'waiting'] },
    behind: count,
    position: count,
    failures: count,
    error: { ...texts, description: 'why it waits' },
  },
  ['error'],
);

export function logRoutes(options: {
  readonly ordering: Ordering;
  readonly witnessing: Pick<Witnessing, 'checkpoint' | 'standings'>;
  readonly history: History;
  readonly brokerConnected: () => boolean;
  readonly refused: () => Readonly<Record<string, number>>;
}): readonly ApiRoute[] {
  const { ordering, witnessing, history, brokerConnected, refused } = options;
  return [
    {
      method: 'GET',
      path: '/api/v1/log',
      operation: 'getLog',
      keeping: 'ask-again',
      answers: { 200: text('The signed note.') },
      right: 'log',
      description: 'The newest checkpoint of the main log, a signed note (C2SP tlog-checkpoint).',
      handler: async () => ({ status: 200, body: await witnessing.checkpoint() }),
    },
    witnessesRoute(witnessing),
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
              history: historyState,
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
      handler: async (_, caller) => {
        if (!caller.rights.has('operate')) return { status: 200, body: { status: 'ok' } };
        const broker = brokerConnected() ? 'connected' : 'disconnected';
        const { chainCount, status } = ordering;
        const body = {
          status: 'ok',
          broker,
          chains: chainCount,
          history: await history.status(),
          ordering: status,
          refused: refused(),
        };
        return { status: 200, body };
      },
    },
  ];
}

function witnessesRoute(witnessing: Pick<Witnessing, 'standings'>): ApiRoute {
  return {
    method: 'GET',
    path: '/api/v1/witnesses',
    operation: 'listWitnesses',
    answers: {
      200: json(
        'All that are asked.',
        closed({ items: listOf(closed({ name: texts, size: count, trouble: texts })) }),
      ),
    },
    right: 'log',
    description:
      'The witnesses of the main log: the size that each has co-signed, and what keeps it from more.',
    handler: () => ({ status: 200, body: { items: witnessing.standings } }),
  };
}
