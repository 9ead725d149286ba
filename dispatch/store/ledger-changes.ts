// SPDX-License-Identifier: Apache-2.0
// Changes of the main ledger as statements. Each compares what it replaces, so that a second
// writer, or a ledger in memory that has run ahead of its disk, ends in a conflict instead of a log
// with two histories.

import { concat } from '../../base/bytes.ts';
import { groupSize } from '../../base/tree.ts';
import type { Statement } from '../../host/sqlite.ts';
import type { Change, Leaf } from '../ledger/transaction.ts';
import { encodeMembership } from './membership-column.ts';

/** The main log as a whole. */
export type LogHead = { readonly size: number; readonly root: Uint8Array };

/** The leaf that a change appends to a log that has begun; undefined where it appends none. */
export function appendedLeaf(change: Change): Leaf | undefined {
  return change.kind === 'anchored' ? change.leaf : undefined;
}

/** All of `changes`, in the order they were made; `head` is the log with all of them. */
export function statementsOf(changes: readonly Change[], head: LogHead): Statement[] {
  const statements = changes.flatMap((change) => changeStatements(change, head));
  const appendedCount = changes.filter(({ kind }) => kind === 'anchored').length;
  if (appendedCount > 0) {
    statements.push({
      sql: 'UPDATE log SET size = ?, root = ? WHERE size = ?',
      params: [head.size, head.root, head.size - appendedCount],
      changes: 1,
    });
  }
  return statements;
}

function changeStatements(change: Change, head: LogHead): Statement[] {
  switch (change.kind) {
    case 'begun':
      return [
        {
          sql: 'INSERT INTO log (id, genesis, size, root) VALUES (1, ?, ?, ?)',
          params: [change.genesis, head.size, head.root],
        },
        ...leafStatements(change.leaf),
      ];
    case 'enrolled': {
      const { chain, genesis, enrolment, timeMs } = change;
      return [
        {
          sql: `INSERT INTO chain (chain_id, name, genesis, enrolment, membership, enrolled_ms)
            VALUES (?, ?, ?, ?, ?, ?)`,
          params: [chain.chainId, chain.name, genesis, enrolment, encodeMembership(chain), timeMs],
        },
      ];
    }
    case 'anchored': {
      const { chainId, anchored, previousSize, bytes, leaf, timeMs } = change;
      const { size, root, logIndex } = anchored;
      return [
        ...leafStatements(leaf),
        {
          sql: `INSERT INTO anchor
            (log_index, chain_id, size, root, receipt_size, accepted_ms, bytes)
            VALUES (?, ?, ?, ?, ?, ?, ?)`,
          params: [logIndex, chainId, size, root, head.size, timeMs, bytes],
        },
        {
          sql: `UPDATE chain SET size = ?, log_index = ?
            WHERE chain_id = ? AND size = ? AND quarantined = 0`,
          params: [size, logIndex, chainId, previousSize],
          changes: 1,
        },
      ];
    }
    case 'reported':
      return reportStatements(change);
    case 'members-changed':
      return membershipStatements(change);
    case 'quarantined': {
      const { chainId, size, bytes, timeMs } = change;
      return [
        {
          sql: 'UPDATE chain SET quarantined = 1 WHERE chain_id = ? AND quarantined = 0',
          params: [chainId],
          changes: 1,
        },
        {
          sql: `INSERT INTO evidence (chain_id, kind, position, bytes, found_ms)
            VALUES (?, 'fork', ?, ?, ?)`,
          params: [chainId, size, bytes, timeMs],
        },
      ];
    }
  }
}

function reportStatements(change: Extract<Change, { readonly kind: 'reported' }>): Statement[] {
  const { chainId, gateway, subject, bytes, distrusted, timeMs } = change;
  return [
    {
      sql: `INSERT INTO report (chain_id, gateway, subject, bytes, taken_ms)
        VALUES (?, ?, ?, ?, ?) ON CONFLICT (chain_id, gateway, subject) DO NOTHING`,
      params: [chainId, gateway, subject, bytes, timeMs],
    },
    {
      sql: 'UPDATE chain SET distrusted = ? WHERE chain_id = ?',
      params: [concat(...distrusted), chainId],
      changes: 1,
    },
  ];
}

function membershipStatements(
  change: Extract<Change, { readonly kind: 'members-changed' }>,
): Statement[] {
  const { chainId, previousVersion, membership, bytes } = change;
  const column = encodeMembership(membership);
  return [
    {
      sql: `UPDATE chain SET membership = ?, membership_version = ?, membership_message = ?
        WHERE chain_id = ? AND membership_version = ?`,
      params: [column, membership.version, bytes, chainId, previousVersion],
      changes: 1,
    },
  ];
}

function leafStatements({ index, hash, groupHash }: Leaf): Statement[] {
  const leaf = { sql: 'INSERT INTO leaf (log_index, hash) VALUES (?, ?)', params: [index, hash] };
  if (groupHash === undefined) return [leaf];
  const group = Math.floor(index / groupSize);
  return [
    leaf,
    {
      sql: 'INSERT INTO leaf_group (group_index, hash) VALUES (?, ?)',
      params: [group, groupHash],
    },
  ];
}
