// SPDX-License-Identifier: Apache-2.0
// A reading that a gateway had counted is in a batch, or in a signed gap. What it had taken in the
// last moments before it was killed was nobody's yet: a life that was killed answers for what it had
// counted some batches before its last one.

import { decodePack } from '../../../base/pack.ts';
import type { Life } from '../oracle.ts';
import type { Evidence, GatewayEvidence } from './evidence.ts';

/** Batches that may have been on their way to the disk, or escaped the look into the outbox. */
const lastMoments = 8;
/** By so much the last number of a life may be higher than was seen. */
const unseenMax = 3;

export function readingsKept({ gateways }: Evidence): readonly string[] {
  return gateways.flatMap((gateway) =>
    gateway.lives.flatMap((life, place) => {
      const answersFor = readingsOf(life);
      const kept = keptIn(gateway, life);
      if (kept >= answersFor) return [];
      return [`${gateway.name}, life ${place + 1}: ${answersFor} readings, ${kept} on the chain`];
    }),
  );
}

function readingsOf({ samples, toSequence, how }: Life): number {
  const sure = how === 'stopped' ? samples : samples.filter(isSettledBy(toSequence));
  return Math.max(0, ...sure.map(({ readCount }) => readCount));
}

function isSettledBy(toSequence: number) {
  return ({ sequence }: { readonly sequence: number }) => sequence + lastMoments <= toSequence;
}

function keptIn({ keyId, record }: GatewayEvidence, { fromSequence, toSequence }: Life): number {
  const isOurs = ({ gateway, sequence }: { gateway: string; sequence: number }) =>
    gateway === keyId && sequence > fromSequence && sequence <= toSequence + unseenMax;
  const good = record.batches.filter(isOurs).flatMap(({ packs }) => packs.filter(isGood));
  const stated = record.gaps.filter(isOurs).reduce((sum, { packCount }) => sum + packCount, 0);
  return good.length + stated;
}

/** What did not answer makes a pack, too; it is no reading. */
function isGood(bytes: Uint8Array): boolean {
  const pack = decodePack(bytes);
  return pack.ok && !pack.value.mantissas.includes(null);
}
