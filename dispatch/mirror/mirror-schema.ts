// SPDX-License-Identifier: Apache-2.0
// Tables of `mirror.sqlite`: what was copied from a centre, as bytes that prove themselves, and what
// was found to differ.

/** For `openDatabase`: element n brings the schema from version n to n + 1. */
export const mirrorMigrations: readonly (readonly string[])[] = [
  [
    // One row. genesis: of the main log; null until it was copied. sequence: the last summary
    // message of the centre that was copied, by its number there. anchored: anchors were copied up
    // to this size of the log.
    `CREATE TABLE state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      main_log_id BLOB NOT NULL CHECK (length(main_log_id) = 32),
      genesis BLOB,
      sequence INTEGER NOT NULL DEFAULT 0,
      anchored INTEGER NOT NULL DEFAULT 1
    ) STRICT`,
    `CREATE TABLE leaf (
      log_index INTEGER PRIMARY KEY,
      hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT`,
    // Signed notes of the main log; of two roots at one size, both.
    `CREATE TABLE checkpoint (
      size INTEGER NOT NULL,
      root BLOB NOT NULL,
      note TEXT NOT NULL,
      seen_ms INTEGER NOT NULL,
      PRIMARY KEY (size, root)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE chain (
      chain_id BLOB PRIMARY KEY CHECK (length(chain_id) = 32),
      genesis BLOB NOT NULL,
      enrolment BLOB NOT NULL,
      membership BLOB
    ) STRICT, WITHOUT ROWID`,
    // version: how many changes of the members its signers knew.
    `CREATE TABLE anchor (
      log_index INTEGER PRIMARY KEY,
      chain_id BLOB NOT NULL REFERENCES chain (chain_id),
      size INTEGER NOT NULL,
      root BLOB NOT NULL,
      version INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      UNIQUE (chain_id, size)
    ) STRICT`,
    `CREATE TABLE message (
      id INTEGER PRIMARY KEY,
      chain_id BLOB NOT NULL REFERENCES chain (chain_id),
      sequence INTEGER NOT NULL,
      copied_ms INTEGER NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT`,
    `CREATE TABLE output (
      chain_id BLOB NOT NULL,
      start_ms INTEGER NOT NULL,
      height INTEGER NOT NULL,
      output_index INTEGER NOT NULL,
      message INTEGER NOT NULL REFERENCES message (id),
      bytes BLOB NOT NULL,
      PRIMARY KEY (chain_id, start_ms, height, output_index)
    ) STRICT, WITHOUT ROWID`,
    'CREATE UNIQUE INDEX output_place ON output (chain_id, height, output_index)',
    // closed_ms: seen to be as proven again.
    `CREATE TABLE difference (
      key TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      chain TEXT NOT NULL,
      place TEXT NOT NULL,
      field TEXT NOT NULL,
      shown TEXT NOT NULL,
      proven TEXT NOT NULL,
      detail TEXT NOT NULL,
      first_ms INTEGER NOT NULL,
      last_ms INTEGER NOT NULL,
      closed_ms INTEGER
    ) STRICT, WITHOUT ROWID`,
  ],
  [
    // What the organisations have passed, as it stands on the log.
    `CREATE TABLE act (
      log_index INTEGER PRIMARY KEY,
      bytes BLOB NOT NULL
    ) STRICT`,
    // What members report of each other. member: whom proven evidence names, else null. since: from
    // this leaf on anchors were taken after it; null until that is known.
    `CREATE TABLE report (
      id INTEGER PRIMARY KEY,
      chain_id BLOB NOT NULL REFERENCES chain (chain_id),
      bytes BLOB NOT NULL,
      member BLOB CHECK (length(member) = 8),
      seen_ms INTEGER NOT NULL,
      since INTEGER,
      UNIQUE (chain_id, bytes)
    ) STRICT`,
    // How far what was copied was looked at again.
    'ALTER TABLE state ADD COLUMN audited_anchor INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE state ADD COLUMN audited_message INTEGER NOT NULL DEFAULT 0',
  ],
  [
    // Demands by their leaf, energy in Wh; and the windows that were counted again.
    `CREATE TABLE demand (
      log_index INTEGER PRIMARY KEY,
      trade_class TEXT NOT NULL,
      buy_wh INTEGER NOT NULL,
      sell_wh INTEGER NOT NULL
    ) STRICT`,
    `CREATE TABLE market_window (
      log_index INTEGER PRIMARY KEY,
      end_ms INTEGER NOT NULL
    ) STRICT`,
  ],
  [
    // How the keys of the log changed hands, by the generation of the new ones.
    `CREATE TABLE hand_over (
      generation INTEGER PRIMARY KEY CHECK (generation > 0),
      bytes BLOB NOT NULL
    ) STRICT`,
  ],
  [
    // The first leaf whose demands were counted: an older program has copied those before.
    'ALTER TABLE state ADD COLUMN market_from INTEGER NOT NULL DEFAULT 0',
    'UPDATE state SET market_from = anchored',
  ],
];
