// SPDX-License-Identifier: Apache-2.0
// What a member knows of the others that the centre should know, too.

import { limits } from '../base/limits.ts';
import type { Evidence, Withheld } from './chain/report.ts';
import type { Connected } from './connect-peers.ts';
import type { Opened } from './store/opening.ts';

export type Reportable = {
  /** Of each member that has signed two histories, with its public key. */
  readonly evidence: readonly (Evidence & { readonly publicKey: Uint8Array })[];
  /** An entry of ours that a leader has left out for long; undefined while all is well. */
  readonly withheld: Withheld | undefined;
};

/** @param connected undefined for a chain of one, where nobody else can do anything wrong. */
export function reportableOf({ ledger }: Opened, connected: Connected | undefined): Reportable {
  if (connected === undefined) return { evidence: [], withheld: undefined };
  const evidence = connected.witness.evidence.flatMap((one) => {
    const member = ledger.registry.member(one.member);
    return member === undefined ? [] : [{ ...one, publicKey: member.publicKey }];
  });
  const out = connected.leftOut.status;
  if (out === undefined || out.waitingMs < limits.withheldMs) {
    return { evidence, withheld: undefined };
  }
  const { leader, term, entryId, waitingMs } = out;
  const { height } = ledger.head.header;
  const withheld = { leader, term, entryId, waitedMs: Math.floor(waitingMs), height };
  return { evidence, withheld };
}
