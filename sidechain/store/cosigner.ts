// SPDX-License-Identifier: Apache-2.0
// Signs checkpoints of this gateway's copy of the chain. What is signed is on disk before it is
// released, one checkpoint at a time, and sizes only grow: whoever holds a signature can tell an
// older copy by it.

import { assert } from '../../base/assert.ts';
import { formatCheckpoint, signCheckpoint } from '../../base/checkpoint.ts';
import { cosign } from '../../base/cosignature.ts';
import { formatNote } from '../../base/note.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import type { Statement } from '../../host/sqlite.ts';
import { chainOrigin, cosignerName } from '../chain/names.ts';
import { type Cosigned, cosignedStatement } from './cosigned-table.ts';
import type { History } from './history.ts';

export class Cosigner {
  readonly #suite: Suite;
  readonly #signer: Signer;
  readonly #chainId: Uint8Array;
  readonly #history: History;
  readonly #write: (statements: readonly Statement[]) => Promise<void>;
  #last: Cosigned | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: {
    readonly suite: Suite;
    readonly signer: Signer;
    readonly chainId: Uint8Array;
    readonly history: History;
    readonly last: Cosigned | undefined;
    readonly write: (statements: readonly Statement[]) => Promise<void>;
  }) {
    this.#suite = options.suite;
    this.#signer = options.signer;
    this.#chainId = options.chainId;
    this.#history = options.history;
    this.#last = options.last;
    this.#write = options.write;
  }

  /** The newest one on disk. */
  get last(): Cosigned | undefined {
    return this.#last;
  }

  /**
   * The checkpoint of the first `size` blocks, all of them durable, at `timeSeconds`. Asked again
   * for the size that was signed last it gives the same note; a smaller one is never signed again.
   */
  sign(size: number, timeSeconds: number): Promise<Cosigned> {
    const signed = this.#turn.then(() => this.#sign(size, timeSeconds));
    this.#turn = signed.catch(() => {});
    return signed;
  }

  /** As `sign`, or the newest one where that is of more blocks already. */
  signAtLeast(size: number, timeSeconds: number): Promise<Cosigned> {
    const signed = this.#turn.then(() =>
      this.#last !== undefined && this.#last.size >= size
        ? this.#last
        : this.#sign(size, timeSeconds),
    );
    this.#turn = signed.catch(() => {});
    return signed;
  }

  async #sign(size: number, timeSeconds: number): Promise<Cosigned> {
    if (this.#last?.size === size) return this.#last;
    assert(size > (this.#last?.size ?? 0), 'sizes of signed checkpoints only grow');
    const root = await this.#history.ask({ sizes: [size] }, (tree) => tree.root(size));
    const cosigned = { size, root, note: this.#note(size, root, timeSeconds) };
    await this.#write([cosignedStatement(cosigned)]);
    this.#last = cosigned;
    return cosigned;
  }

  #note(size: number, root: Uint8Array, timeSeconds: number): string {
    const [suite, signer] = [this.#suite, this.#signer];
    const origin = chainOrigin(this.#chainId);
    const body = formatCheckpoint({ origin, size, root });
    const name = cosignerName(this.#chainId, signer.keyId);
    return formatNote(body, [
      signCheckpoint(suite, origin, body, signer),
      cosign(suite, name, body, timeSeconds, signer),
    ]);
  }
}
