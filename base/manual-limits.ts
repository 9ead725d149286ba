// SPDX-License-Identifier: Apache-2.0
// Bounds of what persons enter by hand; part of limits.ts.

export const manualLimits = {
  /** Of the payload. */
  manualEntryBytesMax: 16 * 1024,
  manualValuesMax: 64,
  manualTextMax: 2_048,
  /** Shown over the local API: the newest; all stand in their blocks. */
  manualEntriesKeptMax: 10_000,
  manualEntriesShownMax: 100,
} as const;
