// SPDX-License-Identifier: Apache-2.0
// A change of configuration, as it stands in an entry of kind `config`: deterministic CBOR
// `[transition, [[operation, member], ...], context]`; empty data asks to leave the joint
// configuration.

import { encode } from '../../../base/cbor.ts';
import { accept, type Result } from '../../../base/errors.ts';
import {
  bytesUpTo,
  code,
  decodeWith,
  type Field,
  listOf,
  tuple,
  uint,
} from '../../../base/fields.ts';
import { limits } from '../../../base/limits.ts';
import type { NodeId } from '../entry.ts';

/** `update` changes nothing here: something about the member that is kept elsewhere. */
export type ChangeOperation = 'add-voter' | 'remove' | 'update' | 'add-learner';

export type MemberChange = { readonly operation: ChangeOperation; readonly member: NodeId };

/**
 * How to get from the old voters to the new. `auto`: directly if at most one voter changes, else
 * through a joint configuration that is left as soon as it is applied. `joint-implicit`: always
 * joint, left likewise. `joint-explicit`: always joint, left by a proposal.
 */
export type Transition = 'auto' | 'joint-implicit' | 'joint-explicit';

export type ConfigurationChange = {
  readonly transition: Transition;
  readonly changes: readonly MemberChange[];
  /** Kept with the change and not looked at. */
  readonly context: Uint8Array;
};

export type ChangeKind =
  | { readonly kind: 'simple' }
  | { readonly kind: 'enter-joint'; readonly autoLeave: boolean }
  | { readonly kind: 'leave-joint' };

export const leaveJointChange: ConfigurationChange = {
  transition: 'auto',
  changes: [],
  context: new Uint8Array(),
};

export function kindOf(change: ConfigurationChange): ChangeKind {
  if (change.transition === 'auto' && change.changes.length === 0) return { kind: 'leave-joint' };
  if (change.transition === 'auto' && change.changes.length === 1) return { kind: 'simple' };
  return { kind: 'enter-joint', autoLeave: change.transition !== 'joint-explicit' };
}

type Wire = readonly [Transition, readonly (readonly [ChangeOperation, NodeId])[], Uint8Array];

const wireField: Field<Wire> = tuple<Wire>(
  code('auto', 'joint-implicit', 'joint-explicit'),
  listOf(
    tuple<readonly [ChangeOperation, NodeId]>(
      code('add-voter', 'remove', 'update', 'add-learner'),
      uint(limits.raftNumberMax),
    ),
    limits.raftChangesMax,
  ),
  bytesUpTo(limits.raftChangeContextBytesMax),
);

/** The data of a `config` entry. */
export function encodeChange(change: ConfigurationChange): Uint8Array {
  if (kindOf(change).kind === 'leave-joint' && change.context.length === 0) return new Uint8Array();
  return encode(
    wireField.write([
      change.transition,
      change.changes.map((one) => [one.operation, one.member] as const),
      change.context,
    ]),
  );
}

/** Untrusted: any member may have proposed it. */
export function decodeChange(data: Uint8Array): Result<ConfigurationChange, 'cbor' | 'form'> {
  if (data.length === 0) return accept(leaveJointChange);
  const decoded = decodeWith(wireField, data, { name: 'change' });
  if (!decoded.ok) return decoded;
  const [transition, changes, context] = decoded.value;
  return accept({
    transition,
    changes: changes.map(([operation, member]) => ({ operation, member })),
    context,
  });
}
