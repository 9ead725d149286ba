// SPDX-License-Identifier: Apache-2.0
// The witness over HTTP, as C2SP tlog-witness has it.

import { limits } from '../../base/limits.ts';
import type { Route } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import { Rate } from '../ingest/rate.ts';
import { formatLines, formatSize, sizeType } from './add-checkpoint.ts';
import type { Witness, WitnessAnswer } from './witness.ts';

export function witnessRoutes(
  witness: Pick<Witness, 'addCheckpoint'>,
  monotonicMs: () => number,
): readonly Route[] {
  const rate = new Rate(limits.witnessRequestsPerSecond, monotonicMs);
  return [
    {
      method: 'POST',
      path: '/add-checkpoint',
      description: 'Co-signs a checkpoint that extends the last one that was co-signed.',
      rawBody: true,
      handler: async ({ body }) => {
        if (!rate.take()) return problem(429, 'too many requests: wait a second');
        if (!(body instanceof Uint8Array)) return problem(400, 'a request has a body');
        return responseTo(await witness.addCheckpoint(body));
      },
    },
  ];
}

function responseTo(answer: WitnessAnswer): HttpResponse {
  switch (answer.status) {
    case 200:
      return { status: 200, body: formatLines([answer.line]) };
    case 409:
      return {
        status: 409,
        headers: { 'content-type': sizeType },
        body: formatSize(answer.size),
      };
    default:
      return problem(answer.status, answer.detail);
  }
}
