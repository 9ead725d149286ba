// SPDX-License-Identifier: Apache-2.0
// Every bound of every queue, buffer, frame, retry and loop, in one place, with the relations between
// them (limit-relations.ts) asserted when the file is loaded. Sizes are bytes, times milliseconds,
// unless the name says otherwise.

import { assertRelations } from './limit-relations.ts';
import { mainLogLimits } from './main-log-limits.ts';
import { manualLimits } from './manual-limits.ts';
import { memberLimits } from './member-limits.ts';
import { requestLimits } from './request-limits.ts';
import { usageLimits } from './usage-limits.ts';

export const limits = Object.freeze({
  ...mainLogLimits,
  ...requestLimits,
  ...manualLimits,
  ...usageLimits,
  // Encoded values.
  cborDepthMax: 16,
  cborBytesMax: 8 * 1024 * 1024,
  unixMsMax: 253_402_300_799_999,
  cborValuesMax: 1024 * 1024,

  // Signed statements and their verification.
  coseTextMax: 256,
  coseHeadersMax: 1_024,
  /** Signatures that wait for the threads which verify, and those that go to a thread together. */
  signatureChecksMax: 65_536,
  signatureChecksTogether: 256,
  openedEntriesMax: 8_192,

  // Packs, batches, blocks.
  packValuesMax: 256,
  packBytesMax: 4 * 1024,
  // Of a record that a meter signs; with it a pack has room for so many values.
  recordBytesMax: 2 * 1024,
  recordedValuesMax: 128,
  batchPacksMax: 4_096,
  batchBytesMax: 2 * 1024 * 1024,
  entryBytesMax: 64 * 1024,
  blockEntriesMax: 1_024,
  blockBytesMax: 4 * 1024 * 1024,
  outputBytesMax: 16 * 1024,
  outputsPerBlockMax: 65_536,
  headerBytesMax: 1_024,

  // Checkpoints and proofs.
  noteBytesMax: 64 * 1024,
  noteSignaturesMax: 100,
  proofHashesMax: 64,
  multiproofHashesMax: 8_192,
  /** Groups of leaves that a tree keeps, some 60 KB each with the subtrees over them. */
  treeGroupsMax: 16,
  bundleBytesMax: 1024 * 1024,

  // Messages over MQTT.
  messageBytesMax: 1024 * 1024,
  publishInflightMax: 16,
  publishWaitingMax: 1_024,
  publishTimeoutMs: 30_000,
  messagesInHandMax: 1_024,
  connectTimeoutMs: 10_000,
  keepaliveSeconds: 30,
  reconnectDelayMinMs: 1_000,
  reconnectDelayMaxMs: 60_000,
  reconnectStableMs: 10_000,
  disconnectTimeoutMs: 2_000,
  messageOutputsMax: 1_024,
  /** With a certificate of one authority. */
  brokerClientsMax: 500_000,
  /** Of one broker, tried in turn. */
  brokerAddressesMax: 8,

  // Who takes part.
  nameMax: 64,
  votersMax: 7,
  membersMax: 39,
  personsMax: 64,
  membersEverMax: 256,
  /** Each member is granted, promoted and revoked once. */
  membershipChangesMax: 768,
  addressMax: 255,
  /** How long a revoked member that hears us stays, to hear of it; and one that does not. */
  farewellMs: 1_000,
  farewellMsMax: 5_000,
  /** Entries that a learner may lack to be a voter. */
  learnerLagMax: 64,
  trustedKeysMax: 1_024,
  schemaBytesPerMemberMax: 8 * 1024 * 1024,

  // The data directory of a gateway: a day of a busy one is some 100 MB.
  diskFreeGoodBytes: 1_000_000_000,
  diskFreeLeastBytes: 100_000_000,

  // Decimals.
  valueExponentMax: 18,
  decimalExponentMax: 24,
  decimalCharactersMax: 64,

  // Summaries: windows, outputs and events of one device or block.
  schemasInForceMax: 16,
  summaryWindowsKept: 96,
  summaryCatchUpWindowsMax: 2_976,
  summaryAheadMsMax: 5 * 60 * 1_000,
  summaryOutputsPerBlockMax: 8_192,
  summaryRunsMax: 64,
  summaryEventsMax: 16,

  // The SQLite file: calls waiting, prepared statements kept, what one read may bring, the journal kept.
  databasePendingMax: 4_096,
  databaseStatementsMax: 256,
  databaseRowsMax: 10_000,
  databaseReadBytesMax: 32 * 1024 * 1024,
  databaseBusyTimeoutMs: 5_000,
  databaseJournalBytesMax: 16 * 1024 * 1024,
  /** Of a gateway, which appends, and has little memory. */
  chainCacheBytes: 2 * 1024 * 1024,

  // Raft: one append, what is under way to one follower, what is handed out to be applied, what a
  // leader holds uncommitted; the highest term and index, and the furthest a term may leap; members
  // of a configuration.
  raftAppendBytesMax: 1024 * 1024,
  raftInflightMessagesMax: 256,
  raftInflightBytesMax: 8 * 1024 * 1024,
  raftApplyingBytesMax: 16 * 1024 * 1024,
  raftUncommittedBytesMax: 32 * 1024 * 1024,
  raftPendingReadsMax: 4_096,
  raftEntryBytesMax: 4 * 1024 * 1024,
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
  // The sidechain's store: what one page of a table brings, attempts at a write that another
  // program holds up, groups of leaf hashes kept in memory, rows of the log that are looked at before
  // they are applied, how far the stored state may trail (blocks and entries since, and time).
  storePageRows: 1_024,
  storePageBytes: 8 * 1024 * 1024,
  storeWriteAttemptsMax: 20,
  storeWritePauseMs: 100,
  historyGroupsMax: 64,
  stateTrailMax: 4_096,
  stateTrailMs: 60_000,

  // The sidechain's loop: signed entries that no block holds yet, on disk and in memory; verdicts
  // on signatures remembered; how far a clock that nothing disciplines may jump ahead over a
  // restart.
  outboxBytesMax: 4 * 1024 * 1024 * 1024,
  outboxAlarmPercent: 80,
  poolBytesMax: 16 * 1024 * 1024,
  blockOverheadBytes: 1_024,
  blocksUnderWayMax: 4,
  verdictsMax: 16_384,
  clockJumpMsMax: 30 * 24 * 60 * 60 * 1_000,

  // Members of a chain: the log kept in memory for those a little behind, and pages for those far
  // behind; what came in and is not looked at yet; what waits to be written; how long one write may
  // take before this member falls silent; ticks made up for at once.
  logWindowBytesMax: 4 * 1024 * 1024,
  logWindowEntriesMax: 4_096,
  catchUpPageBytes: 4 * 1024 * 1024,
  catchUpPagesMax: 2,
  inboxMessagesMax: 1_024,
  inboxBytesMax: 8 * 1024 * 1024,
  unwrittenBytesMax: 16 * 1024 * 1024,
  writeStallMsMax: 10_000,
  ticksAtOnceMax: 3,

  // Entries on their way to the leader: what one message holds, how many messages are not answered,
  // and what waits at the leader of each member; when entries are sent once more, because there is
  // no answer, no room, or no block that has them.
  submitBytesMax: 1024 * 1024,
  submitEntriesMax: 1_024,
  submitWaitingBytesMax: 4 * 1024 * 1024,
  submitsUnderWayMax: 4,
  submitTimeoutMs: 1_000,
  submitPauseMs: 200,
  resubmitMs: 5_000,

  // What members tell each other beside the log: where they stand, what they signed, what they remember.
  standingMs: 1_000,
  standingFreshMs: 5_000,
  cosignTimeoutMs: 10_000,
  recallTimeoutMs: 10_000,
  witnessSizesMax: 64,
  evidenceMax: 64,

  // Looking the log over for what has rotted: how much of it each second, the pause after all of it, entries
  // that are asked of other members at once, when one is asked again, and when after all had it not.
  scrubMs: 1_000,
  scrubPageBytes: 256 * 1024,
  scrubPauseMs: 60 * 60 * 1_000,
  bodiesWantedMax: 64,
  bodyAnswerMs: 5_000,
  bodyRetryMs: 60_000,

  // Members that lie, fail or say nothing: terms whose leader is remembered; how long who lied gets no
  // co-signature, a leader that was asked may take to hand over, is not followed when it does not, and
  // until the same is asked again; what a leader that ends waits for; when a member is left out, and how
  // often it then passes its entries to all.
  leadersKnownMax: 64,
  suspendMs: 10 * 60_000,
  yieldMs: 5_000,
  shunMs: 30_000,
  complainAgainMs: 10 * 60_000,
  handOverMs: 2_000,
  leftOutMs: 10_000,
  carryMs: 2_000,
  accuseAgainMs: 60_000,

  // Reports of members to the centre: bytes of one and of a note in it, after how long an entry counts as
  // withheld, how many the centre keeps of each member, and shows.
  reportBytesMax: 8 * 1024,
  reportNoteBytesMax: 2 * 1024,
  withheldMs: 30_000,
  reportsPerMemberMax: 256,
  reportsPageMax: 256,

  // Archive segments: groups of blocks in one segment, items in a frame before it is compressed, and
  // what a frame may come to; how often there may be something to archive.
  segmentGroupsMax: 16,
  segmentFrameBytes: 1024 * 1024,
  segmentFrameBytesMax: 8 * 1024 * 1024,
  archiveMs: 10_000,

  // Snapshots of the state: all of it, groups of headers and pairs in it, a key; what is sent at once,
  // and when a transfer that has come to a halt is begun again.
  snapshotBytesMax: 64 * 1024 * 1024,
  snapshotGroupsMax: 262_144,
  snapshotPairsMax: 1024 * 1024,
  snapshotKeyMax: 1_024,
  snapshotChunkBytes: 512 * 1024,
  snapshotAgainMs: 5_000,

  // The centre: chains enrolled, read at once, and kept ready in each of two generations; transactions
  // waiting and in one batch; groups of leaf hashes read again; messages of one chain and bytes of all
  // chains in hand; answers that say no, a second.
  chainsMax: 131_072,
  chainsPageMax: 256,
  chainsUnpackedMax: 4_096,
  groupedWritesMax: 64,
  orderingPendingMax: 8_192,
  orderingBatchMax: 1_024,

  // Nodes of a consortium: a message of the engine to the ledger and how many wait; a block, and the
  // transactions in it; roots of the log whose signatures are kept; signatures that are known to hold; how
  // long a transaction may take into a block; after how long without one a node counts as stalled; after
  // how long a receipt that waits asks for a block; calls to the engine
  // under way, and answers of it; heights beyond what others decided on which a restored node may have voted.
  abciMessageBytesMax: 16 * 1024 * 1024,
  abciRequestsMax: 4_096,
  consensusBlockBytesMax: 4 * 1024 * 1024,
  consensusTransactionsMax: 4_096,
  vouchedRootsMax: 4_096,
  verifiedSignaturesMax: 65_536,
  consensusWaitMs: 20_000,
  consensusTickMs: 500,
  consensusStalledMs: 10_000,
  vouchAskMs: 1_500,
  engineCallsMax: 4,
  engineCallBatchMax: 64,
  engineAnswerBytesMax: 16 * 1024 * 1024,
  engineCallMs: 10_000,
  returningHeights: 4,
  chainMessagesMax: 96,
  /** Messages in a row that no honest member sends; then as many may wait, and so long is the pause. */
  suspectFaults: 16,
  suspectMessagesMax: 4,
  suspectPauseMs: 100,
  ingestBytesMax: 64 * 1024 * 1024,
  // Chains that one command enrols at a time; how often each is tried, and after what pause.
  enrolTogether: 64,
  enrolAttemptsMax: 30,
  enrolPauseMs: 2_000,
  refusalAnswersPerSecond: 100,
  unknownChainAnswersPerSecond: 10,
  refusalsFlushMs: 10_000,
  historyPageMax: 1_000,
  historyBatchMessagesMax: 16,

  // The gateway's way up: when an unanswered message goes again, blocks whose summaries wait for
  // their answer or were answered before they came here, answers that wait their turn, and the
  // receipts that one entry holds.
  uplinkTickMs: 500,
  resendMsMin: 5_000,
  resendMsMax: 60_000,
  summaryBlocksWaitingMax: 8,
  summaryBlocksHeardMax: 64,
  uplinkAnswersWaitingMax: 64,
  receiptMessageBytesMax: 60 * 1024,

  // Between gateways: a tick; when a quiet connection says something, counts as lost, has to be
  // open; when to call again; frames; what waits to be sent; what a frame may hold; who may try to
  // connect; log lines in a period.
  transportTickMs: 100,
  transportPingMs: 1_000,
  transportSilenceMs: 3_000,
  transportOpenMs: 5_000,
  transportRetryMsMin: 200,
  transportRetryMsMax: 5_000,
  transportYieldMs: 300,
  transportStableMs: 3_000,
  transportHelloBytesMax: 256,
  transportEnvelopeBytesMax: 1_024,
  transportControlFrameBytesMax: 64 * 1024,
  transportFrameBytesMax: 5 * 1024 * 1024,
  transportControlQueueBytesMax: 256 * 1024,
  transportLogQueueBytesMax: 16 * 1024 * 1024,
  transportBulkQueueBytesMax: 8 * 1024 * 1024,
  transportQueueMessagesMax: 4_096,
  transportEntriesMax: 65_536,
  transportValuesMax: 4 * 65_536 + 64,
  transportDepthMax: 6,
  transportContextBytesMax: 1_024,
  transportHandshakesMax: 128,
  transportGreetingsMax: 8,
  transportLogLinesMax: 256,
  transportLogPeriodMs: 60_000,

  // HTTP.
  httpBodyBytesMax: 1024 * 1024,
  httpConnectionsMax: 256,
  httpParameterCharactersMax: 256,
  httpRequestTimeoutMs: 30_000,
  httpHeadersTimeoutMs: 10_000,
  /** Of an answer in pieces, of which nothing is taken. */
  httpStallMs: 60_000,
  httpCloseTimeoutMs: 2_000,

  // The API of a centre: tokens, chains and devices that one token names, requests a second by
  // token and by address of those without one, addresses and tokens remembered.
  apiTokensMax: 512,
  apiTokenChainsMax: 256,
  apiTokenDevicesMax: 256,
  apiRequestsPerSecond: 50,
  apiStrangerRequestsPerSecond: 10,
  apiRatesMax: 4_096,

  // Events that clients follow: how many follow, of one token; of one page, the events and the numbers
  // looked at; how often it is looked for more, when something is said in any case, and when a client
  // that was cut off comes back.
  eventStreamsMax: 128,
  eventStreamsPerTokenMax: 8,
  eventsPageMax: 64,
  eventNumbersMax: 10_000,
  eventsPollMs: 500,
  eventsHeartbeatMs: 15_000,
  eventsRetryMs: 3_000,

  // Files and processes.
  secretFileBytesMax: 256 * 1024,
  exitTimeoutMs: 10_000,

  // Lines to meters: requests waiting, attempts to connect, silence asked for, frames, peers of a simulator.
  lineQueueMax: 256,
  lineConnectMs: 5_000,
  lineReopenMs: 500,
  lineReopenMsMax: 5_000,
  lineKeepAliveMs: 10_000,
  lineTimeOutsMax: 2,
  lineSettleMsMax: 10_000,
  scanListenMs: 1_500,
  scanHeardBytesMax: 4_096,
  modbusRegistersMax: 125,
  modbusFrameBytesMax: 260,
  // Of one SunSpec device (one that signs has a dozen), and registers of a model: 600 groups of seven.
  sunspecModelsMax: 128,
  sunspecModelRegistersMax: 4_096,
  recordCheckMs: 60_000,
  simulatorPeersMax: 32,
  telegramBytesMax: 16 * 1024,

  // Time-outs of lines: bounds of what is learned, answers in a histogram, devices remembered.
  lineTimeoutMsMin: 100,
  lineTimeoutMsMax: 60_000,
  latencyCountMax: 512,
  linePeersMax: 512,
  readSplitsMax: 32,

  // Devices that do not answer: longest pause between two attempts, and between two with all the
  // time there is, where the line is idle and where it is not.
  retryPauseMsMax: 8_000,
  longRetryPauseMs: 30_000,
  longRetryPauseMsMax: 600_000,
  ...memberLimits,
} as const);

assertRelations(limits);
