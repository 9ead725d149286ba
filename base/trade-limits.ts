// SPDX-License-Identifier: Apache-2.0
// Bounds of the market: of one demand, of what a window counts, of an asset and of who reads it.

import { assert } from './assert.ts';
import { limits } from './limits.ts';

export const tradeLimits = {
  /** Where the main genesis says nothing. */
  windowMs: 15 * 60_000,
  windowMsMin: 5_000,
  /** Of one demand: 100 GWh. */
  energyWhMax: 100_000_000_000,
  demandsPerWindowMax: 65_536,
  demandBytesMax: 1_024,
  /** Of what is asked for, from its begin to its end. */
  deliveryMsMax: 366 * 24 * 60 * 60_000,
  priceExponentMax: 6,
  titleMax: 128,
  /** Of an asset, before it is sealed. */
  bodyBytesMax: 2_048,
  readersMax: 8,
  /** Keys that one body is sealed for. */
  sealedMax: 24,
  /** Around a body: its salt, the headers of COSE_Encrypt, the key of the sender. */
  sealedExtraBytesMax: 320,
  executionTextMax: 512,
  pageMax: 256,
  /** Statements in a directory that wait to be sent. */
  queueMax: 4_096,
} as const;

assert(
  tradeLimits.energyWhMax * tradeLimits.demandsPerWindowMax <= Number.MAX_SAFE_INTEGER,
  'the energy of a full window is exact',
);
assert(
  tradeLimits.sealedMax * (tradeLimits.bodyBytesMax + tradeLimits.sealedExtraBytesMax) + 4_096 <=
    limits.entryBytesMax,
  'an asset with all its readers is a record',
);
