// SPDX-License-Identifier: Apache-2.0
// The bounds of a main log's registry, records and witnesses; part of `limits`.

export const mainLogLimits = {
  mainLogKeysMax: 10,
  /** Groups of leaf hashes read again, and roots whose signature is remembered. */
  leafGroupsMax: 64,
  signedRootsMax: 64,

  // Who takes part, what one proposal changes, bytes of a vote.
  organisationsMax: 64,
  mainPersonsMax: 512,
  registryChangesMax: 64,
  reasonMax: 512,
  voteBytesMax: 512,

  // How often the keys of a log may change hands, bytes of a proposal and of an act that do it, and of a
  // receipt for such an act: what a sidechain keeps of each for ever.
  logKeyChangesMax: 64,
  logKeyProposalBytesMax: 8 * 1024,
  handOverActBytesMax: 32 * 1024,
  handOverReceiptBytesMax: 2_560,

  // Records remembered by their hash beside those on the disk, more than one batch holds; and shown
  // at once, of at most 64 KB each.
  recordsRecentMax: 4_096,
  recordsPageMax: 256,

  // Witnesses: how many, when they are asked again, how long for an answer is waited, how long an
  // older checkpoint with their lines is served; what is asked and answered, and how often.
  witnessesMax: 16,
  witnessRoundMs: 1_000,
  witnessTimeoutMs: 5_000,
  witnessKeptMs: 60_000,
  witnessBodyBytesMax: 80 * 1024,
  witnessAnswerBytesMax: 16 * 1024,
  witnessRequestsPerSecond: 200,
} as const;
