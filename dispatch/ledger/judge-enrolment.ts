// SPDX-License-Identifier: Apache-2.0
// Whether a sidechain may join: its genesis holds by itself, pins this very main log with the keys of
// one of its generations, and a person whom the registry gives that right has signed for it. Who
// carried the request here does not matter.

import { equal } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import { openEnrolment } from '../../sidechain/chain/enrolment.ts';
import { enrolGenesis } from '../../sidechain/chain/genesis.ts';
import { generationOf, type MainLog } from '../../sidechain/chain/main-log.ts';
import type { MainRegistry } from '../../sidechain/chain/main-registry.ts';
import { foundingMembership } from '../../sidechain/chain/membership-proof.ts';
import type { ChainRecord } from './chain-record.ts';

export type EnrolmentRefusal = 'genesis' | 'enrolment' | 'main-log';

/** Both byte strings are attacker-controlled. */
export function judgeEnrolment(
  suite: Suite,
  request: { readonly genesis: Uint8Array; readonly enrolment: Uint8Array },
  main: {
    readonly registry: MainRegistry;
    /** With the keys that count now, and with those that did: whoever pins those follows from there. */
    readonly mainLogs: readonly MainLog[];
  },
): Result<ChainRecord, EnrolmentRefusal> {
  const opened = enrolGenesis(suite, request.genesis);
  if (!opened.ok) return opened;
  const { genesis, chainId } = opened.value;
  const { mainLogs, registry } = main;
  const mainLog = mainLogs.find((one) => isSameLog(genesis.mainLog, one));
  if (mainLog === undefined) {
    const origin = mainLogs.at(-1)?.origin;
    const detail = `the genesis pins another main log or other keys of it, not ${origin}`;
    return refuse('main-log', detail);
  }
  const signed = openEnrolment(suite, request.enrolment, { registry, id: mainLog.id });
  if (!signed.ok) return signed;
  const { name, by } = signed.value;
  if (!equal(signed.value.chainId, chainId)) {
    return refuse('enrolment', 'it is signed for another genesis');
  }
  return accept({
    ...foundingMembership(suite, genesis),
    chainId,
    name,
    centre: by.organisation,
    anchored: undefined,
    quarantined: false,
    distrusted: [],
  });
}

function isSameLog(pinned: MainLog, own: MainLog): boolean {
  return (
    pinned.origin === own.origin &&
    equal(pinned.id, own.id) &&
    generationOf(pinned) === generationOf(own) &&
    pinned.threshold === own.threshold &&
    pinned.keys.length === own.keys.length &&
    pinned.keys.every(({ publicKey, name }, i) => {
      const key = own.keys[i];
      return key !== undefined && key.name === name && equal(key.publicKey, publicKey);
    })
  );
}
