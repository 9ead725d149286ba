// SPDX-License-Identifier: Apache-2.0
// A snapshot in the place of all that a copy holds: one transaction, after which it is as if its
// blocks up to there had gone into segments elsewhere. What this gateway has signed, promised and
// not yet submitted stays.

import type { Suite } from '../../base/suite.ts';
import type { Statement } from '../../host/sqlite.ts';
import { Registry } from '../chain/registry.ts';
import type { CheckedSnapshot } from '../chain/snapshot.ts';
import { ChainState } from '../chain/state.ts';
import type { Configuration } from '../raft/configuration/configuration.ts';
import type { Position } from '../raft/entry.ts';
import { configurationStatement } from './configuration-table.ts';
import { groupStatement } from './history.ts';
import { provenChangeStatements } from './membership-table.ts';

export function installStatements(
  suite: Suite,
  { snapshot, header }: CheckedSnapshot,
  at: {
    readonly position: Position;
    readonly configuration: Configuration;
    readonly ownKeyId: Uint8Array;
  },
): readonly Statement[] {
  const { index, term } = at.position;
  const { height } = header;
  const registry = new Registry(suite, new ChainState(snapshot.pairs));
  const { sequence } = registry.sequence(at.ownKeyId);
  const emptied = ['log', 'block', 'output', 'history', 'state', 'configuration'];
  return [
    ...emptied.map((table) => ({ sql: `DELETE FROM ${table}` })),
    ...snapshot.pairs.map(([key, value]) => ({
      sql: 'INSERT INTO state (key, value) VALUES (?, ?)',
      params: [key, value],
      changes: 1,
    })),
    { sql: 'UPDATE state_height SET height = ?', params: [height], changes: 1 },
    ...provenChangeStatements(snapshot.changes, height),
    ...snapshot.groupHashes.map((hash, position) => groupStatement({ position, hash })),
    {
      sql: 'INSERT INTO block (height, log_index, header) VALUES (?, ?, ?)',
      params: [height, index, snapshot.header],
      changes: 1,
    },
    // The blocks that took these are not applied here, and no other will ever take them.
    { sql: 'DELETE FROM outbox WHERE sequence <= ?', params: [sequence] },
    configurationStatement({ logIndex: index, configuration: at.configuration }),
    {
      sql: 'UPDATE kept SET height = ?, log_index = ?, log_term = ? WHERE log_index < ?',
      params: [height + 1, index, term, index],
      changes: 1,
    },
  ];
}
