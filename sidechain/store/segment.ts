// SPDX-License-Identifier: Apache-2.0
// A segment: whole groups of old blocks in a form that can be carried away. Frames of compressed
// items in the one order that there is, and a trailer with their counts and the hash of all before
// it. Written and read as a stream: neither needs more memory than a few frames. Who reads one
// believes nothing of it before the end, and then only what the chain's tree confirms.

import { createHash, type Hash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { concat, equal, u32 } from '../../base/bytes.ts';
import { decode, encode } from '../../base/cbor.ts';
import { messageOf, TielineError } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  choice,
  code,
  decodeWith,
  encodeWith,
  type Field,
  uint,
} from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { byKind, record, row } from '../../base/records.ts';
import { groupSize } from '../../base/tree.ts';

const number = uint(limits.raftNumberMax);

const headField = record({
  kind: [0, choice('head')],
  version: [1, choice(1)],
  chainId: [2, bytes(32)],
  /** First and last height, both included. */
  from: [3, number],
  to: [4, number],
  /** Entry of the log before the first one here, and its term. */
  before: [5, row({ index: number, term: number })],
  /** Entry of the log that is the last block's body. */
  lastIndex: [6, number],
});

const itemField = byKind(0, {
  head: headField,
  /** An entry of the log, up to and with the one that is the body of the block that follows. */
  entry: record({
    kind: [0, choice('entry')],
    index: [1, number],
    term: [2, number],
    type: [3, code('normal', 'config')],
    data: [4, bytesUpTo(limits.blockBytesMax)],
  }),
  block: record({
    kind: [0, choice('block')],
    height: [1, number],
    logIndex: [2, number],
    header: [3, bytesUpTo(1_024)],
  }),
  /** Of the block before, in order. */
  output: record({
    kind: [0, choice('output')],
    height: [1, number],
    position: [2, number],
    salt: [3, bytes(16)],
    bytes: [4, bytesUpTo(limits.outputBytesMax)],
  }),
  /** The tree hash of a group, after its last block. */
  group: record({ kind: [0, choice('group')], position: [1, number], hash: [2, bytes(32)] }),
});

const trailerField = record({
  entryCount: [1, number],
  blockCount: [2, number],
  outputCount: [3, number],
  groupCount: [4, number],
  /** Of all bytes before the trailer. */
  sha256: [5, bytes(32)],
});

export type SegmentItem = Content<typeof itemField>;
export type SegmentHead = Content<typeof headField>;
type Trailer = Content<typeof trailerField>;

const magic = Uint8Array.of(0x54, 0x4c, 0x41, 0x31); // "TLA1"

/** Makes the bytes of a segment, piece by piece. */
export class SegmentWriter {
  readonly #hash = createHash('sha256');
  readonly #counts = new Counts();
  #items: Uint8Array[] = [];
  #bytes = 0;
  #isBegun = false;

  /** @returns the bytes that are finished, often none. */
  add(item: SegmentItem): Uint8Array {
    this.#counts.add(item);
    const field: Field<SegmentItem> = itemField;
    const encoded = encode(field.write(item));
    this.#items.push(u32(encoded.length), encoded);
    this.#bytes += encoded.length + 4;
    return this.#bytes < limits.segmentFrameBytes ? new Uint8Array() : this.#hashed(this.#frame());
  }

  /** The last bytes. */
  end(): Uint8Array {
    const last = this.#items.length === 0 ? new Uint8Array() : this.#frame();
    const before = this.#hashed(concat(last, u32(0)));
    const trailer = { ...this.#counts.value, sha256: new Uint8Array(this.#hash.digest()) };
    const encoded = encodeWith(trailerField, trailer);
    return concat(before, u32(encoded.length), encoded);
  }

  #frame(): Uint8Array {
    const compressed = zstdCompressSync(concat(...this.#items));
    this.#items = [];
    this.#bytes = 0;
    const begin = this.#isBegun ? new Uint8Array() : magic;
    this.#isBegun = true;
    return concat(begin, u32(compressed.length), compressed);
  }

  #hashed(piece: Uint8Array): Uint8Array {
    this.#hash.update(piece);
    return piece;
  }
}

/** Bytes of a segment, wherever they are. */
export type SegmentBytes = {
  readonly name: string;
  readonly length: number;
  /** Exactly so many, which are there. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
};

/**
 * All items of a segment in their order, the head first. What came of it counts only if it comes to
 * its end. attacker-controlled.
 * @throws TielineError `segment-damaged`
 */
export async function* walkSegment(source: SegmentBytes): AsyncGenerator<SegmentItem, undefined> {
  const reader = new Reader(source);
  if (!equal(await reader.take(magic.length), magic)) throw damaged(source, 'it is no segment');
  const counts = new Counts();
  const order = new Order();
  for (;;) {
    const frame = await reader.frame();
    if (frame === undefined) break;
    for (const item of itemsIn(source, frame)) {
      const flaw = order.flawOf(item);
      if (flaw !== undefined) throw damaged(source, flaw);
      counts.add(item);
      yield item;
    }
  }
  const trailer = await reader.trailer();
  const { sha256, ...counted } = trailer;
  const names = Object.keys(counted) as (keyof typeof counted)[];
  const isComplete =
    order.isComplete && names.every((name) => counted[name] === counts.value[name]);
  if (!isComplete) throw damaged(source, 'items are missing');
  if (!equal(sha256, reader.sha256)) throw damaged(source, 'its hash is not that of its bytes');
  return undefined;
}

/** The head alone; the rest is not looked at. @throws TielineError `segment-damaged` */
export async function readSegmentHead(source: SegmentBytes): Promise<SegmentHead> {
  for await (const item of walkSegment(source)) if (item.kind === 'head') return item;
  throw damaged(source, 'it has no head');
}

export function damaged({ name }: SegmentBytes, what: string): TielineError {
  return new TielineError('segment-damaged', `${name}: ${what}`, {
    hint: 'take another copy of this segment: each member of the chain makes the same',
  });
}

class Reader {
  readonly #source: SegmentBytes;
  readonly #hash: Hash = createHash('sha256');
  #offset = 0;
  sha256 = new Uint8Array();

  constructor(source: SegmentBytes) {
    this.#source = source;
  }

  async take(length: number): Promise<Uint8Array> {
    const taken = await this.#read(length);
    this.#hash.update(taken);
    return taken;
  }

  /** undefined at the end of the frames. */
  async frame(): Promise<Uint8Array | undefined> {
    const length = lengthIn(await this.take(4));
    if (length === 0) {
      this.sha256 = new Uint8Array(this.#hash.digest());
      return undefined;
    }
    if (length > limits.segmentFrameBytesMax) throw damaged(this.#source, 'a frame is too long');
    const compressed = await this.take(length);
    try {
      const maxOutputLength = limits.segmentFrameBytesMax;
      return new Uint8Array(zstdDecompressSync(compressed, { maxOutputLength }));
    } catch (error) {
      throw damaged(this.#source, `a frame cannot be read: ${messageOf(error)}`);
    }
  }

  async trailer(): Promise<Trailer> {
    const length = lengthIn(await this.#read(4));
    if (length > this.#source.length - this.#offset) throw damaged(this.#source, 'it is cut off');
    const read = decodeWith(trailerField, await this.#read(length), { name: 'trailer' });
    if (!read.ok) throw damaged(this.#source, read.detail);
    if (this.#offset !== this.#source.length) throw damaged(this.#source, 'something follows it');
    return read.value;
  }

  async #read(length: number): Promise<Uint8Array> {
    const offset = this.#offset;
    if (offset + length > this.#source.length) throw damaged(this.#source, 'it is cut off');
    this.#offset += length;
    return this.#source.read(offset, length);
  }
}

function* itemsIn(source: SegmentBytes, frame: Uint8Array): Generator<SegmentItem, undefined> {
  const field: Field<SegmentItem> = itemField;
  for (let offset = 0; offset < frame.length; ) {
    const length = offset + 4 <= frame.length ? lengthIn(frame.subarray(offset, offset + 4)) : 0;
    const end = offset + 4 + length;
    if (length === 0 || end > frame.length) throw damaged(source, 'an item is cut off');
    const decoded = decode(frame.slice(offset + 4, end));
    const read = decoded.ok ? field.read(decoded.value, 'item') : decoded;
    if (!read.ok) throw damaged(source, read.detail);
    yield read.value;
    offset = end;
  }
  return undefined;
}

function lengthIn(four: Uint8Array): number {
  return new DataView(four.buffer, four.byteOffset, 4).getUint32(0);
}

class Counts {
  readonly value = { entryCount: 0, blockCount: 0, outputCount: 0, groupCount: 0 };

  add({ kind }: SegmentItem): void {
    if (kind !== 'head') this.value[`${kind}Count`] += 1;
  }
}

/** Entries, then the block that ends with them, then its outputs; whole groups, nothing left out. */
class Order {
  #head: SegmentHead | undefined;
  #height = 0;
  #index = 0;
  #position = 0;
  /** The block before ends a group whose tree hash is not there yet. */
  #mayEndGroup = false;

  flawOf(item: SegmentItem): string | undefined {
    const head = this.#head;
    if (head === undefined || item.kind === 'head') {
      return head === undefined && item.kind === 'head' ? this.#begin(item) : 'its head is missing';
    }
    switch (item.kind) {
      case 'entry':
        this.#index += 1;
        if (item.index === this.#index && this.#index <= head.lastIndex) return undefined;
        return `entry ${this.#index} of the log is missing`;
      case 'block':
        return this.#block(item, head);
      case 'output': {
        const isNext =
          item.height === this.#height - 1 &&
          item.position === this.#position &&
          item.height >= head.from;
        this.#position += 1;
        return isNext ? undefined : `an output of block ${this.#height - 1} is missing`;
      }
      case 'group': {
        const isHere = (item.position + 1) * groupSize === this.#height && this.#mayEndGroup;
        this.#mayEndGroup = false;
        return isHere ? undefined : `tree hash ${item.position} is not in its place`;
      }
    }
  }

  get isComplete(): boolean {
    const { to, lastIndex } = this.#head ?? { to: 0, lastIndex: -1 };
    return this.#height === to + 1 && this.#index === lastIndex && !this.#mayEndGroup;
  }

  #begin(head: SegmentHead): string | undefined {
    this.#head = head;
    this.#height = head.from;
    this.#index = head.before.index;
    const { from, to } = head;
    const areWhole = from % groupSize === 0 && (to + 1) % groupSize === 0 && from < to;
    return areWhole ? undefined : 'it is not made of whole groups of blocks';
  }

  #block(item: SegmentItem & { readonly kind: 'block' }, head: SegmentHead): string | undefined {
    const { height, logIndex } = item;
    if (height !== this.#height || height > head.to || this.#mayEndGroup)
      return `block ${this.#height} is missing`;
    // Block 0 is made of the genesis, which is no entry of the log.
    const isEnd = logIndex === (height === 0 ? 0 : this.#index);
    this.#height += 1;
    this.#position = 0;
    this.#mayEndGroup = (height + 1) % groupSize === 0;
    if (isEnd) return undefined;
    return `block ${height} does not end with its body`;
  }
}
