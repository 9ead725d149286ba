// SPDX-License-Identifier: Apache-2.0
// Tables of `ledger.sqlite`: what the centre has accepted and must never lose. Everything that is
// shown to people is made from these again (history/). Published steps are never edited.

/** For `openDatabase`: element n brings the schema from version n to n + 1. */
export const ledgerMigrations: readonly (readonly string[])[] = [
  [
    // One row: the genesis of the main log, and the log's size and root as last written.
    `CREATE TABLE log (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      genesis BLOB NOT NULL,
      size INTEGER NOT NULL CHECK (size > 0),
      root BLOB NOT NULL CHECK (length(root) = 32)
    ) STRICT`,
    `CREATE TABLE leaf (
      log_index INTEGER PRIMARY KEY,
      hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT`,
    // Hash of each complete group of 256 leaves: a start reads these and the last group alone.
    `CREATE TABLE leaf_group (
      group_index INTEGER PRIMARY KEY,
      hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT`,
    // signatories: members and policy as they are now (signatories.ts). size, log_index: of the
    // newest anchor.
    `CREATE TABLE chain (
      chain_id BLOB PRIMARY KEY CHECK (length(chain_id) = 32),
      name TEXT NOT NULL,
      genesis BLOB NOT NULL,
      enrolment BLOB NOT NULL,
      signatories BLOB NOT NULL,
      enrolled_ms INTEGER NOT NULL,
      quarantined INTEGER NOT NULL DEFAULT 0 CHECK (quarantined IN (0, 1)),
      size INTEGER NOT NULL DEFAULT 0,
      log_index INTEGER REFERENCES anchor (log_index)
    ) STRICT, WITHOUT ROWID`,
    // receipt_size: the size of the log that the first receipt was made for; later ones show the
    // same.
    `CREATE TABLE anchor (
      log_index INTEGER PRIMARY KEY,
      chain_id BLOB NOT NULL REFERENCES chain (chain_id),
      size INTEGER NOT NULL CHECK (size > 0),
      root BLOB NOT NULL CHECK (length(root) = 32),
      receipt_size INTEGER NOT NULL CHECK (receipt_size > log_index),
      accepted_ms INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      UNIQUE (chain_id, size)
    ) STRICT`,
    // What was signed by those who should not have: the anchor of the second history, the outputs
    // of a second block at one height.
    `CREATE TABLE evidence (
      id INTEGER PRIMARY KEY,
      chain_id BLOB NOT NULL REFERENCES chain (chain_id),
      kind TEXT NOT NULL CHECK (kind IN ('fork', 'summary')),
      position INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      found_ms INTEGER NOT NULL
    ) STRICT`,
    // Summary messages as they were received, in the order they were taken; and where each output
    // lies.
    `CREATE TABLE summary_message (
      sequence INTEGER PRIMARY KEY,
      chain_id BLOB NOT NULL REFERENCES chain (chain_id),
      bytes BLOB NOT NULL
    ) STRICT`,
    `CREATE TABLE summary (
      chain_id BLOB NOT NULL,
      height INTEGER NOT NULL,
      output_index INTEGER NOT NULL,
      sequence INTEGER NOT NULL REFERENCES summary_message (sequence),
      PRIMARY KEY (chain_id, height, output_index)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE refusal (
      code TEXT PRIMARY KEY,
      count INTEGER NOT NULL,
      last_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
  ],
  [
    // What members have reported of each other; of the same by the same member once.
    `CREATE TABLE report (
      id INTEGER PRIMARY KEY,
      chain_id BLOB NOT NULL REFERENCES chain (chain_id),
      gateway BLOB NOT NULL CHECK (length(gateway) = 8),
      subject TEXT NOT NULL,
      bytes BLOB NOT NULL,
      taken_ms INTEGER NOT NULL,
      UNIQUE (chain_id, gateway, subject)
    ) STRICT`,
    // Key ids, 8 bytes each, of members that have signed two histories.
    "ALTER TABLE chain ADD COLUMN distrusted BLOB NOT NULL DEFAULT x''",
  ],
  [
    // Members, persons and policy as they are now, after so many changes; null, in files that older
    // programs made: those of the genesis.
    'ALTER TABLE chain DROP COLUMN signatories',
    'ALTER TABLE chain ADD COLUMN membership BLOB',
    'ALTER TABLE chain ADD COLUMN membership_version INTEGER NOT NULL DEFAULT 0',
    // The newest message that proves how they came to be.
    'ALTER TABLE chain ADD COLUMN membership_message BLOB',
  ],
  [
    // One row where several organisations keep the log: the newest block of theirs that was applied.
    `CREATE TABLE consensus (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      height INTEGER NOT NULL CHECK (height >= 0),
      app_hash BLOB NOT NULL CHECK (length(app_hash) = 32),
      state_hash BLOB NOT NULL CHECK (length(state_hash) = 32),
      time_ms INTEGER NOT NULL
    ) STRICT`,
    // What they have signed over the log, by its size.
    `CREATE TABLE vouched (
      size INTEGER PRIMARY KEY,
      time_s INTEGER NOT NULL,
      vouches BLOB NOT NULL
    ) STRICT`,
  ],
  [
    // The registry as it is now, once a vote has changed it. Before, it is that of the genesis.
    `CREATE TABLE registry (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      version INTEGER NOT NULL CHECK (version > 0),
      data BLOB NOT NULL
    ) STRICT`,
    // Proposals that wait for votes, one of each organisation, and the votes of the others.
    `CREATE TABLE proposal (
      id BLOB PRIMARY KEY CHECK (length(id) = 32),
      organisation TEXT NOT NULL UNIQUE,
      bytes BLOB NOT NULL,
      taken_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE vote (
      id INTEGER PRIMARY KEY,
      proposal_id BLOB NOT NULL REFERENCES proposal (id) ON DELETE CASCADE,
      organisation TEXT NOT NULL,
      bytes BLOB NOT NULL,
      taken_ms INTEGER NOT NULL,
      UNIQUE (proposal_id, organisation)
    ) STRICT`,
    // Leaves that are no anchors: acts of the organisations, commands and rules of their persons.
    // hash: of the leaf.
    `CREATE TABLE record (
      log_index INTEGER PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('act', 'command', 'rule', 'request')),
      hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
      receipt_size INTEGER NOT NULL CHECK (receipt_size > log_index),
      accepted_ms INTEGER NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT`,
    // Organisation of the person who enrolled it.
    "ALTER TABLE chain ADD COLUMN centre TEXT NOT NULL DEFAULT ''",
  ],
  [
    // Requests for raw readings among the records, and the answers to them, sealed as they came.
    `CREATE TABLE request (
      id BLOB PRIMARY KEY CHECK (length(id) = 32),
      chain_id BLOB NOT NULL REFERENCES chain (chain_id),
      log_index INTEGER NOT NULL REFERENCES record (log_index),
      until_ms INTEGER NOT NULL,
      ask_count INTEGER NOT NULL CHECK (ask_count > 0)
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX request_until ON request (until_ms)',
    `CREATE TABLE request_answer (
      request_id BLOB NOT NULL REFERENCES request (id),
      ask INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      taken_ms INTEGER NOT NULL,
      PRIMARY KEY (request_id, ask)
    ) STRICT`,
  ],
  [
    // Which kinds of records there are the ledger says, not the table; a constraint of SQLite cannot be
    // changed, so the table and those that refer to it are made anew.
    `CREATE TABLE record_new (
      log_index INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
      receipt_size INTEGER NOT NULL CHECK (receipt_size > log_index),
      accepted_ms INTEGER NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT`,
    'INSERT INTO record_new SELECT * FROM record',
    `CREATE TABLE request_new (
      id BLOB PRIMARY KEY CHECK (length(id) = 32),
      chain_id BLOB NOT NULL REFERENCES chain (chain_id),
      log_index INTEGER NOT NULL REFERENCES record_new (log_index),
      until_ms INTEGER NOT NULL,
      ask_count INTEGER NOT NULL CHECK (ask_count > 0)
    ) STRICT, WITHOUT ROWID`,
    'INSERT INTO request_new SELECT * FROM request',
    `CREATE TABLE request_answer_new (
      request_id BLOB NOT NULL REFERENCES request_new (id),
      ask INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      taken_ms INTEGER NOT NULL,
      PRIMARY KEY (request_id, ask)
    ) STRICT`,
    'INSERT INTO request_answer_new SELECT * FROM request_answer',
    'DROP TABLE request_answer',
    'DROP TABLE request',
    'DROP TABLE record',
    'ALTER TABLE record_new RENAME TO record',
    'ALTER TABLE request_new RENAME TO request',
    'ALTER TABLE request_answer_new RENAME TO request_answer',
    'CREATE INDEX request_until ON request (until_ms)',
    'CREATE INDEX record_kind ON record (kind, log_index)',
    // Assets by the hash of their record. organisation: for which its signer spoke.
    `CREATE TABLE asset (
      id BLOB PRIMARY KEY CHECK (length(id) = 32),
      log_index INTEGER NOT NULL REFERENCES record (log_index),
      organisation TEXT NOT NULL,
      answers BLOB REFERENCES asset (id)
    ) STRICT, WITHOUT ROWID`,
    // Organisations that have signed for an answer.
    `CREATE TABLE agreement (
      answer BLOB NOT NULL REFERENCES asset (id),
      organisation TEXT NOT NULL,
      log_index INTEGER NOT NULL REFERENCES record (log_index),
      PRIMARY KEY (answer, organisation)
    ) STRICT, WITHOUT ROWID`,
  ],
  [
    // When the keys of the log changed hands: generation of the new ones, the size of the log that ends with
    // the act, the new keys, and what the old ones signed over that log. null: by nobody here.
    `CREATE TABLE hand_over (
      generation INTEGER PRIMARY KEY CHECK (generation > 0),
      size INTEGER NOT NULL UNIQUE,
      keys BLOB NOT NULL,
      signatures BLOB
    ) STRICT`,
  ],
];
