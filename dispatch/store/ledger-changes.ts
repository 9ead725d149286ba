// SPDX-License-Identifier: Apache-2.0
// Changes of the main ledger as statements. Each compares what it replaces, so that a second
// writer, or a ledger in memory that has run ahead of its disk, ends in a conflict instead of a log
// with two histories.

import { concat } from '../../base/bytes.ts';
import { groupSize } from '../../base/tree.ts';
import type { Statement } from '../../host/sqlite.ts';
import { encodeMembership } from '../ledger/membership-column.ts';
import type { Change, Leaf, RecordedRequest } from '../ledger/transaction.ts';
import { handOverStatement } from './hand-over-store.ts';
import { encodeRegistry } from './registry-column.ts';
import { tradeStatements } from './trade-statements.ts';

/** The main log as a whole. */
export type LogHead = { readonly size: number; readonly root: Uint8Array };

/** All of `changes`, in the order they were made; `head` is the log with all of them. */
export function statementsOf(changes: readonly Change[], head: LogHead): Statement[] {
  const statements = changes.flatMap((change) => changeStatements(change, head));
  const appendedCount = changes.filter((change) => appendedLeaf(change) !== undefined).length;
  if (appendedCount > 0) {
    statements.push({
      sql: 'UPDATE log SET size = ?, root = ? WHERE size = ?',
      params: [head.size, head.root, head.size - appendedCount],
      changes: 1,
    });
  }
  return statements;
}

/** The leaf that a change appends to a log that has begun; undefined where it appends none. */
export function appendedLeaf(change: Change): Leaf | undefined {
  switch (change.kind) {
    case 'anchored':
    case 'registry-changed':
    case 'recorded':
    case 'window-closed':
      return change.leaf;
    default:
      return undefined;
  }
}

/** Whether it changes the keys of the log. */
export function isHandOver(change: Change): boolean {
  return change.kind === 'registry-changed' && change.isHandOver === true;
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
    case 'enrolled':
      return enrolmentStatements(change);
    case 'anchored':
      return anchorStatements(change, head);
    case 'reported':
      return reportStatements(change);
    case 'members-changed':
      return membershipStatements(change);
    case 'adopted':
      return [
        {
          sql: 'UPDATE chain SET centre = ?, enrolment = ? WHERE chain_id = ? AND centre = ?',
          params: [change.centre, change.enrolment, change.chainId, change.previousCentre],
          changes: 1,
        },
      ];
    case 'proposed':
      return proposalStatements(change);
    case 'voted':
      return voteStatements(change);
    case 'registry-changed':
      return registryStatements(change, head);
    case 'recorded': {
      const { recordKind, request, trade, bytes, leaf, timeMs } = change;
      return [
        ...recordStatements({ kind: recordKind, bytes, leaf, timeMs }, head),
        ...(request === undefined ? [] : requestStatements(request, leaf)),
        ...(trade === undefined ? [] : tradeStatements(trade, leaf)),
      ];
    }
    case 'window-closed': {
      const { bytes, leaf, timeMs } = change;
      return recordStatements({ kind: 'market-window', bytes, leaf, timeMs }, head);
    }
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

function enrolmentStatements({
  chain,
  genesis,
  enrolment,
  timeMs,
}: Extract<Change, { readonly kind: 'enrolled' }>): Statement[] {
  const { chainId, name, centre } = chain;
  const sql = `INSERT INTO chain
    (chain_id, name, centre, genesis, enrolment, membership, enrolled_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?)`;
  const membership = encodeMembership(chain);
  return [{ sql, params: [chainId, name, centre, genesis, enrolment, membership, timeMs] }];
}

function anchorStatements(
  change: Extract<Change, { readonly kind: 'anchored' }>,
  head: LogHead,
): Statement[] {
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

function recordStatements(
  record: {
    readonly kind: string;
    readonly bytes: Uint8Array;
    readonly leaf: Leaf;
    readonly timeMs: number;
  },
  head: LogHead,
): Statement[] {
  const { kind, bytes, leaf, timeMs } = record;
  return [
    ...leafStatements(leaf),
    {
      sql: `INSERT INTO record (log_index, kind, hash, receipt_size, accepted_ms, bytes)
        VALUES (?, ?, ?, ?, ?, ?)`,
      params: [leaf.index, kind, leaf.hash, head.size, timeMs, bytes],
    },
  ];
}

function requestStatements(
  { id, chainId, untilMs, askCount }: RecordedRequest,
  { index }: Leaf,
): Statement[] {
  return [
    {
      sql: `INSERT INTO request (id, chain_id, log_index, until_ms, ask_count)
        VALUES (?, ?, ?, ?, ?)`,
      params: [id, chainId, index, untilMs, askCount],
    },
  ];
}

function proposalStatements(change: Extract<Change, { readonly kind: 'proposed' }>): Statement[] {
  const { proposal, timeMs } = change;
  const { id, organisation, bytes } = proposal;
  return [
    { sql: 'DELETE FROM proposal WHERE organisation = ?', params: [organisation] },
    {
      sql: 'INSERT INTO proposal (id, organisation, bytes, taken_ms) VALUES (?, ?, ?, ?)',
      params: [id, organisation, bytes, timeMs],
    },
  ];
}

function voteStatements(change: Extract<Change, { readonly kind: 'voted' }>): Statement[] {
  const { proposalId, vote, timeMs } = change;
  return [
    {
      sql: 'INSERT INTO vote (proposal_id, organisation, bytes, taken_ms) VALUES (?, ?, ?, ?)',
      params: [proposalId, vote.organisation, vote.bytes, timeMs],
    },
  ];
}

function registryStatements(
  change: Extract<Change, { readonly kind: 'registry-changed' }>,
  head: LogHead,
): Statement[] {
  const { act, leaf, previousVersion, registry, timeMs } = change;
  const sql =
    previousVersion === 0
      ? 'INSERT INTO registry (version, data, id) VALUES (?, ?, 1)'
      : 'UPDATE registry SET version = ?, data = ? WHERE id = 1 AND version = ?';
  const compared = previousVersion === 0 ? [] : [previousVersion];
  return [
    ...recordStatements({ kind: 'act', bytes: act, leaf, timeMs }, head),
    { sql, params: [previousVersion + 1, encodeRegistry(registry), ...compared], changes: 1 },
    { sql: 'DELETE FROM proposal' },
    ...(change.isHandOver ? [handOverStatement(registry, leaf.index + 1)] : []),
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
