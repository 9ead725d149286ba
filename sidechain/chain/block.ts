// SPDX-License-Identifier: Apache-2.0
// Block body: one normal Raft entry. The leader writes it once; every member derives the header from it.

import { type Clock, clockField } from '../../base/clock-state.ts';
import { accept, type Result } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  decodeWith,
  encodeWith,
  type Field,
  listOf,
  malformed,
  mapped,
  tuple,
} from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { unixMsField } from '../../base/unix-time.ts';

/** A signed statement, with the packs it binds where it is a reading batch. */
export type BlockEntry = {
  readonly entry: Uint8Array;
  readonly packs?: { readonly secret: Uint8Array; readonly packs: readonly Uint8Array[] };
};

export type BlockBody = {
  /** The leader's claim, ms; what counts is the header's time. */
  readonly timeMs: number;
  readonly clock: Clock;
  /** 32 random bytes; the outputs' salts are made from it. */
  readonly secret: Uint8Array;
  readonly entries: readonly BlockEntry[];
};

const entryField = bytesUpTo(limits.entryBytesMax);
const bareField = tuple(entryField);
const packedField = tuple(
  entryField,
  bytes(32),
  listOf(bytesUpTo(limits.packBytesMax), limits.batchPacksMax),
);

export const blockEntryField: Field<BlockEntry> = {
  read: (value, path) => {
    if (!Array.isArray(value)) return malformed(path, 'a list');
    if (value.length === 1) {
      const bare = bareField.read(value, path);
      return bare.ok ? accept({ entry: bare.value[0] }) : bare;
    }
    const packed = packedField.read(value, path);
    if (!packed.ok) return packed;
    const [entry, secret, packs] = packed.value;
    return accept({ entry, packs: { secret, packs } });
  },
  write: ({ entry, packs }) =>
    packs === undefined
      ? bareField.write([entry])
      : packedField.write([entry, packs.secret, packs.packs]),
};

const blockField = mapped(
  tuple(unixMsField, clockField, bytes(32), listOf(blockEntryField, limits.blockEntriesMax)),
  {
    read: ([timeMs, clock, secret, entries]) => accept({ timeMs, clock, secret, entries }),
    write: ({ timeMs, clock, secret, entries }: BlockBody) =>
      [timeMs, clock, secret, entries] as const,
  },
);

export function encodeBlock(body: BlockBody): Uint8Array {
  return encodeWith(blockField, body);
}

/**
 * Bytes are attacker-controlled: they come from a leader that may lie, or from a failing card. What comes out
 * are views of them: who keeps a part for long copies it.
 */
export function decodeBlock(bytes: Uint8Array): Result<BlockBody, 'cbor' | 'form'> {
  const options = { name: 'block', bytesMax: limits.blockBytesMax, hasViews: true };
  return decodeWith(blockField, bytes, options);
}
