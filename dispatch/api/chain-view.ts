// SPDX-License-Identifier: Apache-2.0
// Chains as JSON.

import { assert } from '../../base/assert.ts';
import { toBase64, toHex } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import { type Genesis, openGenesis } from '../../sidechain/chain/genesis.ts';
import { signersNeeded } from '../../sidechain/chain/policy.ts';
import type { StoredChain } from '../store/ledger-store.ts';
import { formatTime } from './time-query.ts';

/** `status`: `active`, or `quarantined` after two co-signed histories of it were found. */
export function chainView({ record, enrolledMs }: StoredChain) {
  const { chainId, name, anchored, quarantined } = record;
  return {
    id: toHex(chainId),
    name,
    status: quarantined ? 'quarantined' : 'active',
    enrolledAt: formatTime(enrolledMs),
    anchored:
      anchored === undefined
        ? null
        : { size: anchored.size, root: toBase64(anchored.root), logIndex: anchored.logIndex },
  };
}

/** With who its members are now, and what its genesis says. */
export function chainDetailView(suite: Suite, chain: StoredChain) {
  const { summary, timeMs } = genesisOf(suite, chain);
  const { members, policy, version } = chain.record;
  const active = members.filter(({ revoked }) => !revoked);
  const voterCount = active.filter(({ role }) => role === 'voter').length;
  return {
    ...chainView(chain),
    createdAt: formatTime(timeMs),
    membershipVersion: version,
    members: active.map(({ keyId, role, name }) => ({ keyId: toHex(keyId), name, role })),
    distrusted: chain.record.distrusted.map(toHex),
    policy: { class: policy.class, signersNeeded: signersNeeded(policy, voterCount) },
    summaryWindowMs: summary.windowMs,
  };
}

function genesisOf(suite: Suite, chain: StoredChain): Genesis {
  const opened = openGenesis(suite, chain.genesis);
  assert(opened.ok, 'only a checked genesis is stored');
  return opened.value.genesis;
}
