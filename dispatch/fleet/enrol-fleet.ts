// SPDX-License-Identifier: Apache-2.0
// Enrols a whole fleet through the ledger of a centre, many chains in one transaction.

import { assert } from '../../base/assert.ts';
import type { Signer } from '../../base/suite.ts';
import { signEnrolment } from '../../sidechain/chain/enrolment.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { Fleet } from './fleet.ts';
import { fleetStartMs } from './fleet-plan.ts';

/** At once in the ordering, which takes them as one batch. */
const together = 256;

/**
 * Signs with the key of a person whom the main log knows. Chains that are enrolled already stay as
 * they are.
 * @returns how many are new.
 */
export async function enrolFleet(
  fleet: Fleet,
  options: {
    readonly ordering: Ordering;
    readonly person: Signer;
    readonly onProgress: (enrolled: number) => void;
    readonly ending?: AbortSignal;
  },
): Promise<number> {
  const { ordering, person, onProgress } = options;
  const { chains } = fleet.plan;
  let fresh = 0;
  for (let from = 0; from < chains && options.ending?.aborted !== true; from += together) {
    const indexes = Array.from({ length: Math.min(together, chains - from) }, (_, i) => from + i);
    const outcomes = await Promise.all(
      indexes.map((index) => {
        const chain = fleet.chain(index);
        const of = { chainId: chain.chainId, name: `fleet-${index}`, timeMs: fleetStartMs };
        const enrolment = signEnrolment(of, fleet.mainLog.id, person);
        return ordering.submit({ kind: 'enrol', genesis: chain.genesis(), enrolment });
      }),
    );
    for (const outcome of outcomes) {
      assert(outcome.kind === 'enrolled', 'a chain of the fleet is enrolled');
      if (outcome.isNew) fresh += 1;
    }
    onProgress(from + indexes.length);
  }
  return fresh;
}
