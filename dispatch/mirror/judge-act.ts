// SPDX-License-Identifier: Apache-2.0
// Whether an act on the main log holds: its proposal and its votes, judged one after the other as the
// ledger judges them, are enough with the last of them, and make this very act.

import { equal } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import { decodeAct } from '../../sidechain/chain/governance.ts';
import type { MainRegistry } from '../../sidechain/chain/main-registry.ts';
import { type Governance, judgeGovernance } from '../ledger/judge-governance.ts';

/** The registry that it makes. Bytes are attacker-controlled. */
export function judgeAct(
  suite: Suite,
  bytes: Uint8Array,
  before: Pick<Governance, 'registry' | 'version'>,
  mainLogId: Uint8Array,
): Result<MainRegistry, 'act'> {
  const act = decodeAct(bytes);
  if (!act.ok) return refuse('act', act.detail);
  let governance: Governance = { ...before, pending: [], newest: undefined };
  for (const statement of [act.value.proposal, ...act.value.votes]) {
    const verdict = judgeGovernance(suite, statement, governance, mainLogId);
    switch (verdict.kind) {
      case 'refused':
        return refuse('act', verdict.detail);
      case 'taken':
        return refuse('act', 'it was passed before');
      case 'take':
        if (equal(verdict.act, bytes)) return accept(verdict.registry);
        return refuse('act', 'it is not in its one form');
      case 'pending':
        governance = { ...governance, pending: [verdict.proposal] };
    }
  }
  return refuse('act', 'too few organisations have signed it');
}
