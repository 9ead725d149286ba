// SPDX-License-Identifier: Apache-2.0
// All mutants, in the order of the pitfalls they stand for.

import { durabilityMutants } from './durability.ts';
import { electionMutants } from './elections.ts';
import { membershipMutants } from './membership.ts';
import type { Mutant } from './mutant.ts';
import { readMutants } from './reads.ts';
import { replicationMutants } from './replication.ts';
import { snapshotMutants } from './snapshots.ts';

export const mutants: readonly Mutant[] = [
  ...durabilityMutants,
  ...electionMutants,
  ...replicationMutants,
  ...membershipMutants,
  ...snapshotMutants,
  ...readMutants,
].sort((a, b) => a.note - b.note);
