// SPDX-License-Identifier: Apache-2.0
// Tables of `history.sqlite`, the read model: made from the accepted summary messages and from
// nothing else. The file may be deleted at any time; the next start makes it again.

/** For `openDatabase`: element n brings the schema from version n to n + 1. */
export const historyMigrations: readonly (readonly string[])[] = [
  [
    // One row: the last summary message that has been read in.
    `CREATE TABLE position (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      sequence INTEGER NOT NULL
    ) STRICT`,
    'INSERT INTO position (id, sequence) VALUES (1, 0)',
    // The columns are what is asked for; the values stay in `bytes`, the output as it was proven.
    `CREATE TABLE summary (
      chain_id BLOB NOT NULL,
      start_ms INTEGER NOT NULL,
      height INTEGER NOT NULL,
      output_index INTEGER NOT NULL,
      device TEXT NOT NULL,
      obis TEXT NOT NULL,
      window_ms INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY (chain_id, start_ms, height, output_index)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX summary_register
      ON summary (chain_id, device, obis, start_ms, window_ms, revision)`,
    'CREATE UNIQUE INDEX summary_output ON summary (chain_id, height, output_index)',
  ],
  [
    // The values as exact decimals instead of the proven bytes, which the ledger keeps. All of it is
    // read in again from there.
    'DROP TABLE summary',
    `CREATE TABLE summary (
      chain_id BLOB NOT NULL,
      start_ms INTEGER NOT NULL,
      height INTEGER NOT NULL,
      output_index INTEGER NOT NULL,
      device TEXT NOT NULL,
      obis TEXT NOT NULL,
      unit TEXT NOT NULL,
      window_ms INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      quality TEXT NOT NULL,
      reason TEXT NOT NULL,
      first_value TEXT,
      last_value TEXT,
      min_value TEXT,
      max_value TEXT,
      mean_value TEXT,
      delta_value TEXT,
      reading_count INTEGER NOT NULL,
      expected_count INTEGER NOT NULL,
      missing TEXT,
      screened TEXT,
      events TEXT,
      definition TEXT NOT NULL,
      PRIMARY KEY (chain_id, start_ms, height, output_index)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX summary_register
      ON summary (chain_id, device, obis, start_ms, window_ms, revision)`,
    'ALTER TABLE position ADD COLUMN message_hash BLOB',
    'UPDATE position SET sequence = 0',
  ],
  // On which chains a device is.
  ['CREATE INDEX summary_device ON summary (device, chain_id)'],
];
