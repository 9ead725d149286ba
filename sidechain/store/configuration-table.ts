// SPDX-License-Identifier: Apache-2.0
// Raft's configuration as the entries applied so far have made it, with the last entry that changed it.
// Stored in the transaction of what was applied: a restart goes on from just there.

import { decode, encode } from '../../base/cbor.ts';
import { listOf, uint } from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import type { Database, Row, Statement } from '../../host/sqlite.ts';
import type { Genesis } from '../chain/genesis.ts';
import {
  type Configuration,
  emptyConfiguration,
  flawOfConfiguration,
} from '../raft/configuration/configuration.ts';
import { blobAt, integerAt } from './columns.ts';
import { damaged } from './damage.ts';

export type StoredConfiguration = {
  /** Index of the entry that made it. */
  readonly logIndex: number;
  readonly configuration: Configuration;
};

const idsField = listOf(uint(limits.membersEverMax), limits.membersEverMax);

/** Before any change: the members of the genesis, by their places there. */
export function firstConfiguration({ members }: Genesis): Configuration {
  const ids = (role: 'voter' | 'follower'): number[] =>
    members.flatMap((member, i) => (member.role === role ? [i + 1] : []));
  return { ...emptyConfiguration, voters: ids('voter'), learners: ids('follower') };
}

export function configurationStatement({
  logIndex,
  configuration,
}: StoredConfiguration): Statement {
  const { voters, learners } = configuration;
  return {
    sql: `INSERT INTO configuration (id, log_index, voters, learners) VALUES (1, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET log_index = excluded.log_index,
        voters = excluded.voters, learners = excluded.learners
      WHERE excluded.log_index > log_index`,
    params: [logIndex, encode([...voters]), encode([...learners])],
    changes: 1,
  };
}

/** Undefined while it is that of the genesis. @throws TielineError `database-damaged` */
export async function readConfiguration(
  database: Database,
): Promise<StoredConfiguration | undefined> {
  const [row] = await database.read('SELECT log_index, voters, learners FROM configuration');
  if (row === undefined) return undefined;
  const configuration = {
    ...emptyConfiguration,
    voters: idsAt(row, 'voters'),
    learners: idsAt(row, 'learners'),
  };
  const flaw = flawOfConfiguration(configuration);
  if (flaw !== undefined) throw damaged(`the configuration: ${flaw}`);
  return { logIndex: integerAt(row, 'log_index'), configuration };
}

function idsAt(row: Row, column: string): readonly number[] {
  const decoded = decode(blobAt(row, column));
  const read = decoded.ok ? idsField.read(decoded.value, column) : decoded;
  if (!read.ok) throw damaged(`the configuration: ${read.detail}`);
  return read.value;
}
