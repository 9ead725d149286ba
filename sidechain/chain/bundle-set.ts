// SPDX-License-Identifier: Apache-2.0
// Many proof bundles in one file: those of all summaries of one register in a stretch of time, such
// as a month that is billed. A CBOR sequence (RFC 8742): a byte string with what the file says it
// covers, a byte string for each bundle, and at last their number, so that a file that was cut off
// shows. Nothing in the first is believed: whoever verifies holds each bundle against it.

import { concat } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  choice,
  decodeWith,
  encodeWith,
  text,
  uint,
} from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';

const coverField = record({
  format: [0, choice('tieline-proof-set/v1')],
  chainId: [1, bytes(32)],
  device: [2, text(128)],
  obis: [3, text(24)],
  fromMs: [4, uint()],
  /** Windows that start before it. */
  toMs: [5, uint()],
});

export type SetCover = Omit<Content<typeof coverField>, 'format'>;

export type BundleSet = {
  readonly cover: SetCover;
  readonly bundles: readonly Uint8Array[];
};

const itemField = bytesUpTo(limits.bundleBytesMax);

export function encodeSetStart(cover: SetCover): Uint8Array {
  return encodeWith(
    itemField,
    encodeWith(coverField, { ...cover, format: 'tieline-proof-set/v1' }),
  );
}

export function encodeSetBundle(bundle: Uint8Array): Uint8Array {
  return encodeWith(itemField, bundle);
}

export function encodeSetEnd(count: number): Uint8Array {
  return encodeWith(uint(), count);
}

export function encodeBundleSet({ cover, bundles }: BundleSet): Uint8Array {
  const items = bundles.map(encodeSetBundle);
  return concat(encodeSetStart(cover), ...items, encodeSetEnd(bundles.length));
}

/** Whether it begins as a set does; a bundle begins with a map. */
export function isBundleSet(input: Uint8Array): boolean {
  return input.length > 0 && (input[0] ?? 0) >> 5 === 2;
}

/** Bytes are attacker-controlled. The bundles are views into `input`. */
export function decodeBundleSet(input: Uint8Array): Result<BundleSet, 'bundle-set'> {
  const items: Uint8Array[] = [];
  let offset = 0;
  for (;;) {
    const head = headAt(input, offset);
    if (head === undefined) return refuse('bundle-set', `no item at byte ${offset}`);
    if (head.major === 0) {
      return finish(items, { count: head.value, rest: input.length - head.end });
    }
    const end = head.end + head.value;
    if (head.major !== 2 || head.value > limits.bundleBytesMax || end > input.length) {
      return refuse('bundle-set', `no bundle at byte ${offset}`);
    }
    if (items.length > limits.bundleSetCountMax) return refuse('bundle-set', 'too many bundles');
    items.push(input.subarray(head.end, end));
    offset = end;
  }
}

function finish(
  items: readonly Uint8Array[],
  { count, rest }: { readonly count: number; readonly rest: number },
): Result<BundleSet, 'bundle-set'> {
  const [first, ...bundles] = items;
  if (first === undefined) return refuse('bundle-set', 'it does not say what it covers');
  if (count !== bundles.length) {
    return refuse('bundle-set', `it holds ${bundles.length} bundles instead of ${count}`);
  }
  if (rest !== 0) return refuse('bundle-set', 'something follows its end');
  const read = decodeWith(coverField, first, {
    name: 'bundle set',
    bytesMax: limits.bundleBytesMax,
  });
  if (!read.ok) return refuse('bundle-set', read.detail);
  const { format: _, ...cover } = read.value;
  if (cover.toMs <= cover.fromMs) return refuse('bundle-set', 'it covers no time');
  return accept({ cover, bundles });
}

type Head = { readonly major: number; readonly value: number; readonly end: number };

/** Of an integer or a byte string, in its shortest form (RFC 8949 §4.2.1), below 2^32. */
function headAt(input: Uint8Array, offset: number): Head | undefined {
  const first = input[offset];
  if (first === undefined) return undefined;
  const major = first >> 5;
  const info = first & 31;
  if (info < 24) return { major, value: info, end: offset + 1 };
  const length = [1, 2, 4][info - 24];
  if (length === undefined || offset + 1 + length > input.length) return undefined;
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + (input[offset + 1 + i] ?? 0);
  const least = [24, 256, 65_536][info - 24] ?? 0;
  return value < least ? undefined : { major, value, end: offset + 1 + length };
}
