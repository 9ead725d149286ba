// SPDX-License-Identifier: Apache-2.0
// Block header: what every member computes at apply and what the history tree has as leaves. Its hash links
// the next block to it.

import { type Clock, clockField } from '../../base/clock-state.ts';
import { accept, type Result } from '../../base/errors.ts';
import { bytes, choice, decodeWith, encodeWith, mapped, uint } from '../../base/fields.ts';
import { record } from '../../base/records.ts';
import { unixMsField } from '../../base/unix-time.ts';

export type Header = {
  readonly chainId: Uint8Array;
  readonly height: number;
  /** SHA-256 of the header before, zeros in block 0. */
  readonly previous: Uint8Array;
  /** Entries under the entry root: refused ones are not among them. */
  readonly entryCount: number;
  readonly entryRoot: Uint8Array;
  readonly outputRoot: Uint8Array;
  readonly stateHash: Uint8Array;
  readonly timeMs: number;
  readonly outputCount: number;
  /** The leader's clock when it cut the block. */
  readonly clock: Clock;
};

const wireField = record({
  version: [1, choice(1)],
  chainId: [2, bytes(32)],
  height: [3, uint()],
  previous: [4, bytes(32)],
  entryCount: [5, uint()],
  entryRoot: [6, bytes(32)],
  outputRoot: [7, bytes(32)],
  stateHash: [8, bytes(32)],
  timeMs: [9, unixMsField],
  outputCount: [10, uint()],
  clock: [11, clockField],
});

const headerField = mapped(wireField, {
  read: ({ version: _, ...header }) => accept<Header>(header),
  write: (header) => ({ version: 1 as const, ...header }),
});

export function encodeHeader(header: Header): Uint8Array {
  return encodeWith(headerField, header);
}

/** Bytes may be attacker-controlled. */
export function decodeHeader(bytes: Uint8Array): Result<Header, 'cbor' | 'form'> {
  return decodeWith(headerField, bytes, { name: 'header', bytesMax: 1_024 });
}
