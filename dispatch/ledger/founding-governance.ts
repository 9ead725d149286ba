// SPDX-License-Identifier: Apache-2.0
// Who takes part as a main log begins, and which organisations chains may belong to.

import { foundingRegistry, type OpenMainGenesis } from '../../sidechain/chain/main-genesis.ts';
import { hasRight, type MainRegistry } from '../../sidechain/chain/main-registry.ts';
import type { Governance } from './judge-governance.ts';

export function foundingGovernance({ genesis }: OpenMainGenesis): Governance {
  return { registry: foundingRegistry(genesis), version: 0, pending: [], newest: undefined };
}

/** Names of those whose chains may send. */
export function centresOf({ organisations }: MainRegistry): ReadonlySet<string> {
  const centres = organisations.filter((organisation) => hasRight(organisation, 'enrol'));
  return new Set(centres.map(({ name }) => name));
}
