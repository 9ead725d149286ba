// SPDX-License-Identifier: Apache-2.0
// Messages in a file, so that who measures neither signs them nor holds them all: for each what it
// is (one byte), the chain (32), the length (4) and the bytes.

import { closeSync, openSync, readSync, writeSync } from 'node:fs';

export type Spooled = {
  readonly kind: number;
  readonly chainId: Uint8Array;
  readonly payload: Uint8Array;
};

const headBytes = 37;
const chunkBytes = 1024 * 1024;

export class SpoolWriter {
  readonly #file: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  count = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  add({ kind, chainId, payload }: Spooled): void {
    const head = new Uint8Array(headBytes);
    head[0] = kind;
    head.set(chainId, 1);
    new DataView(head.buffer).setUint32(33, payload.length);
    this.#parts.push(head, payload);
    this.#bytes += head.length + payload.length;
    this.count += 1;
    if (this.#bytes >= chunkBytes) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#parts);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    this.#parts = [];
    this.#bytes = 0;
  }
}

/** One from each in turn, until all have ended. */
export function* readSpools(paths: readonly string[]): Generator<Spooled> {
  let open = paths.map((path) => readSpool(path));
  while (open.length > 0) {
    const left: typeof open = [];
    for (const spool of open) {
      const next = spool.next();
      if (next.done === true) continue;
      left.push(spool);
      yield next.value;
    }
    open = left;
  }
}

export function* readSpool(path: string): Generator<Spooled> {
  const file = openSync(path, 'r');
  let rest: Buffer = Buffer.alloc(0);
  try {
    for (;;) {
      const chunk = Buffer.alloc(chunkBytes);
      const read = readSync(file, chunk);
      if (read === 0) return;
      const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
      let at = 0;
      while (at + headBytes <= bytes.length) {
        const end = at + headBytes + bytes.readUInt32BE(at + 33);
        if (end > bytes.length) break;
        yield {
          kind: bytes[at] ?? 0,
          chainId: Uint8Array.from(bytes.subarray(at + 1, at + 33)),
          payload: Uint8Array.from(bytes.subarray(at + headBytes, end)),
        };
        at = end;
      }
      rest = Buffer.from(bytes.subarray(at));
    }
  } finally {
    closeSync(file);
  }
}
