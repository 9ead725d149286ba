// SPDX-License-Identifier: Apache-2.0
// Routes for those who keep the program running: whether it may be sent work, and its metrics.

import { messageOf } from '../../base/errors.ts';
import { formatMetrics, type MetricFamily, prometheusType } from '../../host/prometheus.ts';
import type { ApiRoute } from './access.ts';
import { closed, json, type Schema, text, texts } from './answer-schema.ts';

/** Resolves to what is wrong, or to undefined. */
export type ReadyCheck = () => Promise<string | undefined>;

const readySchema: Schema = closed(
  {
    status: { enum: ['ready', 'not-ready'] },
    checks: { type: 'object', additionalProperties: texts, description: 'to those who operate it' },
  },
  ['checks'],
);

export function operationRoutes(options: {
  readonly checks: Readonly<Record<string, ReadyCheck>>;
  readonly metrics: () => Promise<readonly MetricFamily[]>;
}): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/readyz',
      operation: 'getReadiness',
      right: 'open',
      description: 'Whether it can take and answer messages now; else 503.',
      answers: {
        200: json('It can.', readySchema),
        503: json('It cannot, or not yet.', readySchema),
      },
      handler: async (_, caller) => {
        const checks = await resultsOf(options.checks);
        const isReady = Object.values(checks).every((result) => result === 'ok');
        const status = isReady ? 'ready' : 'not-ready';
        const body = caller.rights.has('operate') ? { status, checks } : { status };
        return { status: isReady ? 200 : 503, body };
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      operation: 'getMetrics',
      right: 'operate',
      description: 'Metrics in the text format of Prometheus.',
      answers: { 200: text('The metrics.') },
      handler: async () => ({
        status: 200,
        headers: { 'content-type': prometheusType },
        body: formatMetrics(await options.metrics()),
      }),
    },
  ];
}

async function resultsOf(
  checks: Readonly<Record<string, ReadyCheck>>,
): Promise<Readonly<Record<string, string>>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await resultOf(check)] as const),
  );
  return Object.fromEntries(results);
}

async function resultOf(check: ReadyCheck): Promise<string> {
  try {
    return (await check()) ?? 'ok';
  } catch (error) {
    return messageOf(error);
  }
}
