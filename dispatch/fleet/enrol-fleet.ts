// SPDX-License-Identifier: Apache-2.0
// Enrols many chains through the ledger of a centre, many of them in one transaction.

import { assert } from '../../base/assert.ts';
import type { Signer } from '../../base/suite.ts';
import { signEnrolment } from '../../sidechain/chain/enrolment.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { Fleet } from './fleet.ts';
import { fleetStartMs } from './fleet-plan.ts';

/** At once in the ordering, which takes them as one batch. */
const together = 256;

export type EnrolmentRequest = { readonly genesis: Uint8Array; readonly enrolment: Uint8Array };

export type EnrolOptions = {
  readonly onProgress: (enrolled: number) => void;
  readonly ending?: AbortSignal;
};

/** One chain of a fleet, enrolled by a person whom the main log knows. */
export function enrolmentOf(fleet: Fleet, index: number, person: Signer): EnrolmentRequest {
  const chain = fleet.chain(index);
  const of = { chainId: chain.chainId, name: `fleet-${index}`, timeMs: fleetStartMs };
  return {
    genesis: chain.genesis(),
    enrolment: signEnrolment(of, fleet.mainLog.id, person),
  };
}

export function* fleetEnrolments(fleet: Fleet, person: Signer): Generator<EnrolmentRequest> {
  for (let index = 0; index < fleet.plan.chains; index++) yield enrolmentOf(fleet, index, person);
}

/**
 * Chains that are enrolled already stay as they are.
 * @returns how many are new.
 */
export async function enrolAll(
  requests: Iterable<EnrolmentRequest>,
  ordering: Ordering,
  { onProgress, ending }: EnrolOptions,
): Promise<number> {
  let fresh = 0;
  let done = 0;
  let batch: EnrolmentRequest[] = [];
  const flush = async (): Promise<void> => {
    const outcomes = await Promise.all(
      batch.map((request) => ordering.submit({ kind: 'enrol', ...request })),
    );
    for (const outcome of outcomes) {
      assert(outcome.kind === 'enrolled', 'a chain of the fleet is enrolled');
      if (outcome.isNew) fresh += 1;
    }
    done += batch.length;
    batch = [];
    onProgress(done);
  };
  for (const request of requests) {
    if (ending?.aborted === true) return fresh;
    batch.push(request);
    if (batch.length === together) await flush();
  }
  await flush();
  return fresh;
}
