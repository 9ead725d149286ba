// SPDX-License-Identifier: Apache-2.0
// Bounds of what a register counted in a stretch of time, and of the proofs of it; part of limits.ts.

export const usageLimits = {
  usageDaysMax: 400,
  /** Chains that hold one device, and its registers. */
  usageChainsMax: 16,
  usageRegistersMax: 64,
  /** Devices that are summed up at once, each on its chain. */
  usageMetersMax: 256,
  /** Stretches that are named, missing or in doubt. */
  usageStretchesMax: 4_096,
  /** Proofs in one file, and its bytes. */
  bundleSetCountMax: 50_000,
  bundleSetBytesMax: 512 * 1024 * 1024,
} as const;
