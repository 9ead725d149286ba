// SPDX-License-Identifier: Apache-2.0
// The contracts that a chain runs, as its genesis sets them up.

import { silenceContract } from '../contracts/silence-contract.ts';
import { summaryContract } from '../contracts/summary-contract.ts';
import type { Genesis } from '../sidechain/chain/genesis.ts';
import type { Contract } from '../sidechain/chain/ledger.ts';

export function gatewayContracts(genesis: Genesis): readonly Contract[] {
  return [summaryContract(genesis.summary), silenceContract()];
}
