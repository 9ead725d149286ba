// SPDX-License-Identifier: Apache-2.0
// A witness: it has seen one history of each log that it knows, and co-signs what extends that. What it
// co-signs is on its disk before. Invariant: of one log, two checkpoints that it has co-signed are
// consistent, whatever it was asked at the same time, and whenever it was killed.

import { equal } from '../../base/bytes.ts';
import { parseCheckpoint, verifyLogSignature } from '../../base/checkpoint.ts';
import { cosign } from '../../base/cosignature.ts';
import { TielineError } from '../../base/errors.ts';
import { emptyRoot, verifyConsistency } from '../../base/merkle.ts';
import { type Note, parseNote, type SignatureLine } from '../../base/note.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { type AddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts';
import type { WitnessStore } from './witness-store.ts';

/** A log whose checkpoints it may co-sign. */
export type WitnessedLog = {
  readonly origin: string;
  readonly keys: readonly Uint8Array[];
  /** Keys that must have signed a checkpoint. */
  readonly threshold: number;
};

export type WitnessAnswer =
  | { readonly status: 200; readonly line: SignatureLine }
  /** The proof is to begin at this size. */
  | { readonly status: 409; readonly size: number }
  | { readonly status: 400 | 403 | 404 | 422; readonly detail: string };

export type WitnessOptions = {
  readonly suite: Suite;
  /** Of its lines: like a host and a path, without spaces. */
  readonly name: string;
  readonly signer: Signer;
  readonly logs: readonly WitnessedLog[];
  readonly store: WitnessStore;
  readonly nowMs: () => number;
};

export class Witness {
  readonly #options: WitnessOptions;
  readonly #logs: ReadonlyMap<string, WitnessedLog>;

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#logs = new Map(options.logs.map((log) => [log.origin, log]));
  }

  /** Bytes are attacker-controlled. @throws TielineError as the database does. */
  async addCheckpoint(body: Uint8Array): Promise<WitnessAnswer> {
    const request = parseAddCheckpoint(body);
    if (!request.ok) return { status: 400, detail: request.detail };
    const note = parseNote(request.value.note, { strict: false });
    if (!note.ok) return { status: 400, detail: note.detail };
    const checkpoint = parseCheckpoint(note.value.body);
    if (!checkpoint.ok) return { status: 400, detail: checkpoint.detail };
    const { origin, size, root } = checkpoint.value;
    const log = this.#logs.get(origin);
    if (log === undefined) return { status: 404, detail: 'this log is not known here' };
    if (!this.#isSigned(log, note.value)) {
      return { status: 403, detail: 'not signed by the keys of this log' };
    }
    const { from } = request.value;
    if (from > size) return { status: 400, detail: 'the old size is larger than the new one' };
    const seen = await this.#options.store.seen(origin);
    const last = seen ?? { size: 0, root: emptyRoot(this.#options.suite) };
    if (from !== last.size) return { status: 409, size: last.size };
    if (size === last.size && seen !== undefined && !equal(root, last.root)) {
      return { status: 409, size: last.size };
    }
    if (!this.#isConsistent(request.value, { size, root, lastRoot: last.root })) {
      return { status: 422, detail: 'not proven to extend what was seen before' };
    }
    return this.#cosign(note.value, { origin, size, root, from: seen?.size });
  }

  #isSigned({ origin, keys, threshold }: WitnessedLog, note: Note): boolean {
    const { suite } = this.#options;
    const signed = keys.filter((publicKey) =>
      note.lines.some((line) =>
        verifyLogSignature(suite, note.body, line, { name: origin, publicKey }),
      ),
    );
    return signed.length >= threshold;
  }

  #isConsistent(
    { from, consistency }: AddCheckpoint,
    to: { readonly size: number; readonly root: Uint8Array; readonly lastRoot: Uint8Array },
  ): boolean {
    if (from === 0) return consistency.length === 0;
    return verifyConsistency(this.#options.suite, {
      from,
      fromRoot: to.lastRoot,
      to: to.size,
      toRoot: to.root,
      path: consistency,
    });
  }

  /** First on the disk, and only where nobody was faster; then the line. */
  async #cosign(
    { body }: Note,
    seen: {
      readonly origin: string;
      readonly size: number;
      readonly root: Uint8Array;
      readonly from: number | undefined;
    },
  ): Promise<WitnessAnswer> {
    const { suite, name, signer, store, nowMs } = this.#options;
    try {
      await store.advance(seen);
    } catch (error) {
      if (!(error instanceof TielineError) || !raced.has(error.code)) throw error;
      return { status: 409, size: (await store.seen(seen.origin))?.size ?? 0 };
    }
    const timeSeconds = Math.floor(nowMs() / 1_000);
    return { status: 200, line: cosign(suite, name, body, timeSeconds, signer) };
  }
}

/** Another request for the same log was written between the look and the write. */
const raced: ReadonlySet<string> = new Set(['conflict', 'constraint']);
