// SPDX-License-Identifier: Apache-2.0
// The bounds of a main log's registry and records; part of `limits`.

export const mainLogLimits = {
  mainLogKeysMax: 10,

  // Who takes part, what one proposal changes, bytes of a vote.
  organisationsMax: 64,
  mainPersonsMax: 512,
  registryChangesMax: 64,
  reasonMax: 512,
  voteBytesMax: 512,

  // Records remembered by their hash beside those on the disk, more than one batch holds; and shown
  // at once, of at most 64 KB each.
  recordsRecentMax: 4_096,
  recordsPageMax: 256,
} as const;
