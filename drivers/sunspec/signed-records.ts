// SPDX-License-Identifier: Apache-2.0
// Models in which a meter keeps what it has signed (64900 on): carried verbatim, never interpreted. The bytes
// are those of the model with its ID and length, as they stand in the registers. Each is looked at once
// a minute, one a reading, and handed on where it is not what it was.

import { equal } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { MeterRecord } from '../../base/pack.ts';
import { monotonicMs } from '../bus/monotonic.ts';
import type { Ask, FoundModel } from './discovery.ts';
import { readCounts, readWords } from './read-words.ts';

const firstId = 64_900;
const lastId = 64_999;

/** Whether a device of these models has records. */
export function hasRecords(models: readonly FoundModel[]): boolean {
  return models.some(isRecord);
}

/** Registers of each read in a minute in which every record is new: that is read twice. */
export function recordReads(models: readonly FoundModel[]): readonly number[] {
  return models.filter(isRecord).flatMap(({ length }) => {
    const counts = readCounts(2 + length);
    return [...counts, ...counts];
  });
}

export class SignedRecords {
  readonly #models: readonly FoundModel[];
  /** By address: when it was looked at, and what was handed on. */
  readonly #seen = new Map<number, { readonly atMs: number; readonly bytes?: Uint8Array }>();

  constructor(models: readonly FoundModel[]) {
    this.#models = models.filter(isRecord);
  }

  /** undefined where nothing is due, new, or to be read whole just now. Never rejects. */
  async next(ask: Ask): Promise<MeterRecord | undefined> {
    const nowMs = monotonicMs();
    const due = this.#models.find(({ address }) => {
      const seen = this.#seen.get(address);
      return seen === undefined || nowMs - seen.atMs >= limits.recordCheckMs;
    });
    if (due === undefined) return undefined;
    const before = this.#seen.get(due.address)?.bytes;
    this.#seen.set(due.address, {
      atMs: nowMs,
      ...(before === undefined ? {} : { bytes: before }),
    });
    const bytes = await bytesOf(ask, due);
    if (bytes === undefined || (before !== undefined && equal(bytes, before))) return undefined;
    // A meter may write it while it is read, in several requests.
    const again = await bytesOf(ask, due);
    if (again === undefined || !equal(bytes, again)) return undefined;
    this.#seen.set(due.address, { atMs: nowMs, bytes });
    return { name: `sunspec ${due.id} ${due.address}`, bytes };
  }
}

/** More than a pack has room for is no record that it can carry. */
function isRecord({ id, length }: FoundModel): boolean {
  return id >= firstId && id <= lastId && length > 0 && 2 * (2 + length) <= limits.recordBytesMax;
}

/** undefined where not every register was read, or none was ever written. */
async function bytesOf(ask: Ask, { address, length }: FoundModel): Promise<Uint8Array | undefined> {
  const count = 2 + length;
  const read = await readWords(ask, { address, count });
  if (!read.ok || read.words.size < count) return undefined;
  const words = Array.from({ length: count }, (_, i) => read.words.get(address + i) ?? 0);
  const [, , first, ...others] = words;
  if (others.every((word) => word === first)) return undefined;
  return Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 0xff]));
}
