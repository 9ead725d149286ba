// SPDX-License-Identifier: Apache-2.0
// Every bound of every queue, buffer, frame, retry and loop, in one place, with the relations between them
// asserted when the file is loaded. Sizes are bytes, times milliseconds, unless the name says otherwise.

import { assert } from './assert.ts';

export const limits = Object.freeze({
  // Encoded values.
  cborDepthMax: 16,
  cborBytesMax: 8 * 1024 * 1024,

  // Signed statements and their verification.
  coseTextMax: 256,
  importedKeysMax: 1_024,

  // Packs, batches, blocks.
  packValuesMax: 256,
  packBytesMax: 4 * 1024,
  batchPacksMax: 4_096,
  entryBytesMax: 64 * 1024,
  blockEntriesMax: 1_024,
  blockBytesMax: 4 * 1024 * 1024,
  outputBytesMax: 16 * 1024,
  outputsPerBlockMax: 65_536,

  // Checkpoints and proofs.
  noteBytesMax: 64 * 1024,
  noteSignaturesMax: 100,
  proofHashesMax: 64,
  multiproofHashesMax: 4_096,
  bundleBytesMax: 1024 * 1024,

  // Messages over MQTT.
  messageBytesMax: 1024 * 1024,
  messageOutputsMax: 1_024,

  // Who takes part.
  votersMax: 7,
  membersMax: 39,
  personsMax: 64,
  mainLogKeysMax: 10,
  trustedKeysMax: 1_024,

  // Decimals.
  decimalExponentMax: 24,
  decimalCharactersMax: 64,

  // The SQLite file: calls waiting, prepared statements kept, what one read may bring, the journal kept.
  databasePendingMax: 1_024,
  databaseStatementsMax: 256,
  databaseRowsMax: 10_000,
  databaseReadBytesMax: 32 * 1024 * 1024,
  databaseBusyTimeoutMs: 5_000,
  databaseJournalBytesMax: 16 * 1024 * 1024,

  // Raft: one append, what is under way to one follower, what is handed out to be applied, what a leader holds
  // uncommitted; the highest term and index, and the furthest a term may leap; members of a configuration.
  raftAppendBytesMax: 1024 * 1024,
  raftInflightMessagesMax: 256,
  raftInflightBytesMax: 8 * 1024 * 1024,
  raftApplyingBytesMax: 16 * 1024 * 1024,
  raftUncommittedBytesMax: 32 * 1024 * 1024,
  raftPendingReadsMax: 4_096,
  raftNumberMax: 2 ** 48,
  raftTermLeapMax: 2 ** 20,
  raftChangesMax: 64,
  raftChangeContextBytesMax: 64 * 1024,

  // A log line: characters of one text, items of one list, levels of nesting.
  logTextMax: 1_000,
  logItemsMax: 32,
  logDepthMax: 4,

  // The wall clock's state: how long an answer is used, waited for, and worth anything.
  clockStateMaxAgeMs: 10_000,
  timeDaemonTimeoutMs: 2_000,
  timeSynchronisationMaxAgeMs: 2 * 2_048_000,

  // Configuration files.
  configBytesMax: 256 * 1024,
} as const);

assert(limits.raftAppendBytesMax <= limits.raftInflightBytesMax, 'an append fits into the window');
assert(limits.packBytesMax < limits.entryBytesMax, 'a pack is smaller than an entry');
assert(limits.entryBytesMax < limits.blockBytesMax, 'an entry fits into a block');
assert(limits.blockBytesMax < limits.cborBytesMax, 'a block can be decoded');
assert(limits.noteBytesMax < limits.messageBytesMax, 'a checkpoint fits into a message');
