// SPDX-License-Identifier: Apache-2.0
// The tables of chain.db. Element n of the list brings a file from format n to n + 1; a published
// element is never edited. No secondary index anywhere: each costs a page per transaction on the
// card.

export const chainMigrations: readonly (readonly string[])[] = [
  [
    // What the chain is and whose copy this is. `stopped` says why it must never run again.
    `CREATE TABLE chain (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      chain_id BLOB NOT NULL,
      genesis BLOB NOT NULL,
      gateway BLOB NOT NULL,
      stopped TEXT
    ) STRICT`,

    // Raft's promises. One row, so that a term can never stand beside another term's vote.
    `CREATE TABLE hard_state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      term INTEGER NOT NULL,
      vote INTEGER NOT NULL,
      commit_index INTEGER NOT NULL
    ) STRICT`,

    // The log is the ledger: entry bytes stand here and nowhere else.
    `CREATE TABLE log (
      idx INTEGER PRIMARY KEY,
      term INTEGER NOT NULL,
      kind INTEGER NOT NULL,
      data BLOB NOT NULL,
      checksum BLOB NOT NULL
    ) STRICT`,

    // A block points at the log entry that is its body. Block 0 is the genesis and points at 0.
    `CREATE TABLE block (
      height INTEGER PRIMARY KEY,
      log_index INTEGER NOT NULL,
      header BLOB NOT NULL
    ) STRICT`,

    `CREATE TABLE output (
      height INTEGER NOT NULL,
      position INTEGER NOT NULL,
      salt BLOB NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY (height, position)
    ) STRICT, WITHOUT ROWID`,

    // One tree hash per full group of headers.
    `CREATE TABLE history (
      position INTEGER PRIMARY KEY,
      hash BLOB NOT NULL
    ) STRICT`,

    // The state as it was at state_height, which may trail the newest block.
    'CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID',
    `CREATE TABLE state_height (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      height INTEGER NOT NULL
    ) STRICT`,

    // Signed entries on their way into a block. A numbered entry has its sequence; bytes is what it
    // counts.
    `CREATE TABLE outbox (
      position INTEGER PRIMARY KEY,
      sequence INTEGER,
      bytes INTEGER NOT NULL,
      entry BLOB NOT NULL,
      secret BLOB,
      packs BLOB
    ) STRICT`,

    // The newest checkpoint this gateway has signed.
    `CREATE TABLE cosigned (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      size INTEGER NOT NULL,
      root BLOB NOT NULL,
      note TEXT NOT NULL
    ) STRICT`,

    // Where the way up to the main chain stands; the values are the uplink's own.
    'CREATE TABLE uplink (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID',
  ],
  [
    // Of each other member: the newest checkpoint that it was seen to sign.
    `CREATE TABLE witness (
      member BLOB PRIMARY KEY,
      size INTEGER NOT NULL,
      root BLOB NOT NULL,
      signature BLOB NOT NULL
    ) STRICT, WITHOUT ROWID`,

    // Two roots at one size, signed by one member: neither signature is ever thrown away.
    `CREATE TABLE evidence (
      member BLOB NOT NULL,
      size INTEGER NOT NULL,
      root_one BLOB NOT NULL,
      signature_one BLOB NOT NULL,
      root_other BLOB NOT NULL,
      signature_other BLOB NOT NULL,
      PRIMARY KEY (member, size)
    ) STRICT, WITHOUT ROWID`,
  ],
  [
    // Raft's members, as CBOR lists of ids, after the entry that changed them last. Without a row
    // they are those of the genesis.
    `CREATE TABLE configuration (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      log_index INTEGER NOT NULL,
      voters BLOB NOT NULL,
      learners BLOB NOT NULL
    ) STRICT`,
  ],
  [
    // Where what is kept begins: the first block with its body, and the entry of the log before.
    `CREATE TABLE kept (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      height INTEGER NOT NULL,
      log_index INTEGER NOT NULL,
      log_term INTEGER NOT NULL
    ) STRICT`,
    'INSERT INTO kept (id, height, log_index, log_term) VALUES (1, 0, 0, 0)',

    // Segments that were made of what is kept no longer, with the last entry of the log in each.
    `CREATE TABLE segment (
      first INTEGER PRIMARY KEY,
      last INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      log_index INTEGER NOT NULL,
      log_term INTEGER NOT NULL
    ) STRICT`,

    // Receipts and membership entries stay when their blocks go.
    `CREATE TABLE kept_entry (
      height INTEGER NOT NULL,
      position INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY (height, position)
    ) STRICT, WITHOUT ROWID`,
  ],
  [
    // Changes of the members, with what proves each but the way from its header to a checkpoint.
    `CREATE TABLE membership (
      version INTEGER PRIMARY KEY,
      height INTEGER NOT NULL,
      entry BLOB NOT NULL,
      entry_index INTEGER NOT NULL,
      entry_path BLOB NOT NULL,
      header BLOB NOT NULL
    ) STRICT`,
  ],
  [
    // What persons have entered by hand, as read in blocks, for showing it; the newest.
    `CREATE TABLE manual_entry (
      number INTEGER PRIMARY KEY,
      height INTEGER NOT NULL,
      time_ms INTEGER NOT NULL,
      entry BLOB NOT NULL
    ) STRICT`,
  ],
];
