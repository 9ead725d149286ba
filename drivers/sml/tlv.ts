// SPDX-License-Identifier: Apache-2.0
// The type-length-value encoding of SML (BSI TR-03109-1 annex IV, section 6.3): pure. Bytes are anybody's:
// depth, counts and lengths are bounded, and a length never promises more than there is.

import { accept, type Result, refuse } from '../../base/errors.ts';

export type SmlNode =
  /** Also what is left out: no octets. */
  | { readonly kind: 'octets'; readonly bytes: Uint8Array }
  | { readonly kind: 'flag'; readonly value: boolean }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'list'; readonly items: readonly SmlNode[] }
  /** 00h, the end of a message. */
  | { readonly kind: 'end' };

const depthMax = 12;
const nodesMax = 4_096;
const lengthBytesMax = 4;
const integerBytesMax = 8;

const octets = 0;
const flag = 4;
const signed = 5;
const unsigned = 6;
const list = 7;

/** All nodes of the top level. */
export function decodeTlv(bytes: Uint8Array): Result<readonly SmlNode[], 'form'> {
  const reader = new TlvReader(bytes);
  const nodes: SmlNode[] = [];
  while (!reader.atEnd) {
    const node = reader.node(0);
    if (node === undefined) return refuse('form', `what stands at byte ${reader.offset} is no SML`);
    nodes.push(node);
  }
  return accept(nodes);
}

class TlvReader {
  offset = 0;
  readonly #bytes: Uint8Array;
  #nodeCount = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.offset >= this.#bytes.length;
  }

  /** undefined where it is none: nothing behind it can be told apart. */
  node(depth: number): SmlNode | undefined {
    this.#nodeCount += 1;
    if (depth > depthMax || this.#nodeCount > nodesMax) return undefined;
    if (this.#bytes[this.offset] === 0) {
      this.offset += 1;
      return { kind: 'end' };
    }
    const head = this.#head();
    if (head === undefined) return undefined;
    if (head.type === list) return this.#list(head.length, depth);
    const end = this.offset + head.length;
    if (head.length < 0 || end > this.#bytes.length) return undefined;
    const content = this.#bytes.slice(this.offset, end);
    this.offset = end;
    return leafOf(head.type, content);
  }

  #list(count: number, depth: number): SmlNode | undefined {
    // Each item takes a byte at least.
    if (count > this.#bytes.length - this.offset) return undefined;
    const items: SmlNode[] = [];
    for (let i = 0; i < count; i++) {
      const item = this.node(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return { kind: 'list', items };
  }

  /** Length: of a list its items, else the bytes behind the head. */
  #head(): { readonly type: number; readonly length: number } | undefined {
    const first = this.#bytes[this.offset] ?? 0;
    const type = (first >>> 4) & 7;
    let length = first & 0x0f;
    let count = 1;
    for (let byte = first; (byte & 0x80) !== 0; count++) {
      const next = this.#bytes[this.offset + count];
      if (next === undefined || count >= lengthBytesMax) return undefined;
      length = (length << 4) | (next & 0x0f);
      byte = next;
    }
    this.offset += count;
    return { type, length: type === list ? length : length - count };
  }
}

function leafOf(type: number, content: Uint8Array): SmlNode | undefined {
  switch (type) {
    case octets:
      return { kind: 'octets', bytes: content };
    case flag:
      return content.length === 1 ? { kind: 'flag', value: content[0] !== 0 } : undefined;
    case signed:
    case unsigned:
      return integerOf(content, type === signed);
    default:
      return undefined;
  }
}

/** Of any length: meters leave leading bytes away, of negative numbers too. */
function integerOf(content: Uint8Array, isSigned: boolean): SmlNode | undefined {
  if (content.length === 0 || content.length > integerBytesMax) return undefined;
  let value = 0n;
  for (const byte of content) value = (value << 8n) | BigInt(byte);
  const bits = 8 * content.length;
  return { kind: 'integer', value: isSigned ? BigInt.asIntN(bits, value) : value };
}
