// SPDX-License-Identifier: Apache-2.0
// Has the witnesses of a log co-sign its checkpoints, in the background: nothing that is asked of the log
// waits for them, least of all a receipt. One round at a time; a witness that is away is asked again in the
// next, and whoever reads the log sees by the lines who has seen it.

import type { Checkpoint } from '../../base/checkpoint.ts';
import { parseCheckpoint } from '../../base/checkpoint.ts';
import { verifyCosignature } from '../../base/cosignature.ts';
import { messageOf } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { formatNote, type NoteKey, parseNote, type SignatureLine } from '../../base/note.ts';
import type { Suite } from '../../base/suite.ts';
import type { Log } from '../../host/log.ts';
import type { Ordering } from '../ordering/ordering.ts';
import { formatAddCheckpoint, parseLines, parseSize } from './add-checkpoint.ts';

export type WitnessPlace = {
  /** Where `add-checkpoint` stands below. */
  readonly url: string;
  /** By which its lines are known. */
  readonly key: NoteKey;
};

export type WitnessingOptions = {
  readonly suite: Suite;
  readonly ordering: Pick<Ordering, 'checkpoint' | 'consistency'>;
  readonly witnesses: readonly WitnessPlace[];
  readonly monotonicMs: () => number;
  readonly log: Log;
  /** As the global `fetch`. */
  readonly fetch: typeof fetch;
};

/** What is known of one witness. */
type Standing = {
  readonly place: WitnessPlace;
  /** The size that it has co-signed last, as far as it is known. */
  size: number;
  /** Why it did not co-sign the last time; empty where it did. */
  trouble: string;
};

type Served = { readonly note: string; readonly lineCount: number; readonly atMs: number };

export class Witnessing {
  readonly #options: WitnessingOptions;
  readonly #standings: readonly Standing[];
  #served: Served | undefined;
  /** Body of the checkpoint that all have co-signed: nothing to ask until there is another. */
  #settled: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #open = true;

  constructor(options: WitnessingOptions) {
    this.#options = options;
    this.#standings = options.witnesses.map((place) => ({ place, size: 0, trouble: '' }));
  }

  /** Asks from now on. */
  start(): void {
    if (this.#standings.length > 0) this.#next(0);
  }

  async close(): Promise<void> {
    this.#open = false;
    clearTimeout(this.#timer);
    await this.#round;
  }

  /** The newest checkpoint with the lines that witnesses have given; without witnesses, as it is. */
  async checkpoint(): Promise<string> {
    return this.#served?.note ?? this.#options.ordering.checkpoint();
  }

  get standings(): readonly {
    readonly name: string;
    readonly size: number;
    readonly trouble: string;
  }[] {
    return this.#standings.map(({ place, size, trouble }) => ({
      name: place.key.name,
      size,
      trouble,
    }));
  }

  #next(inMs: number): void {
    if (!this.#open) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#ask().finally(() => this.#next(limits.witnessRoundMs));
    }, inMs);
    this.#timer.unref();
  }

  async #ask(): Promise<void> {
    const { log, ordering } = this.#options;
    try {
      const text = await ordering.checkpoint();
      const note = parseNote(text, { strict: true });
      const checkpoint = note.ok ? parseCheckpoint(note.value.body) : undefined;
      if (!note.ok || !checkpoint?.ok || note.value.body === this.#settled) return;
      const { body } = note.value;
      const given = { text, body, checkpoint: checkpoint.value };
      const answers = await Promise.all(this.#standings.map((one) => this.#askOne(one, given)));
      const lines = answers.filter((line) => line !== undefined);
      this.#serve(formatNote(body, [...note.value.lines, ...lines]), lines.length);
      this.#settled = lines.length === this.#standings.length ? body : undefined;
    } catch (error) {
      log.warn('witnesses-not-asked', { error });
    }
  }

  /** An older one with lines is worth more than a newer without, for a while. */
  #serve(note: string, lineCount: number): void {
    const atMs = this.#options.monotonicMs();
    const before = this.#served;
    const isKept =
      lineCount === 0 &&
      before !== undefined &&
      before.lineCount > 0 &&
      atMs - before.atMs < limits.witnessKeptMs;
    if (!isKept) this.#served = { note, lineCount, atMs };
  }

  async #askOne(
    standing: Standing,
    given: { readonly text: string; readonly body: string; readonly checkpoint: Checkpoint },
  ): Promise<SignatureLine | undefined> {
    const { log } = this.#options;
    const { place } = standing;
    const answer = await this.#exchange(standing, given).catch((error: unknown) =>
      messageOf(error),
    );
    const trouble = typeof answer === 'string' ? answer : '';
    if (trouble !== standing.trouble) {
      standing.trouble = trouble;
      const witness = place.key.name;
      if (trouble === '') log.info('witness-cosigns', { witness });
      else log.warn('witness-does-not-cosign', { witness, detail: trouble });
    }
    if (typeof answer === 'string') return undefined;
    standing.size = given.checkpoint.size;
    return answer;
  }

  /** The line, or why there is none. A witness may know another size than it was thought to: asked once more. */
  async #exchange(
    standing: Standing,
    given: { readonly text: string; readonly body: string; readonly checkpoint: Checkpoint },
  ): Promise<SignatureLine | string> {
    const { suite, ordering } = this.#options;
    const { size } = given.checkpoint;
    for (let tries = 0; tries < 2; tries++) {
      const from = Math.min(standing.size, size);
      const consistency = await ordering.consistency(from, size);
      const { status, bytes } = await this.#post(standing.place, {
        from,
        consistency,
        note: given.text,
      });
      if (status === 200) {
        const line = parseLines(bytes).find(
          (one) => verifyCosignature(suite, given.body, one, standing.place.key).ok,
        );
        return line ?? 'its answer holds no line of its key';
      }
      const known = status === 409 ? parseSize(bytes) : undefined;
      if (known === undefined) return `HTTP status ${status}`;
      if (known > size)
        return `it has seen size ${known}, and this log has ${size}: an older copy?`;
      if (known === from) return `it has seen another log of size ${known}`;
      standing.size = known;
    }
    return 'its size changes while it is asked';
  }

  async #post(
    { url }: WitnessPlace,
    request: {
      readonly from: number;
      readonly consistency: readonly Uint8Array[];
      readonly note: string;
    },
  ): Promise<{ readonly status: number; readonly bytes: Uint8Array }> {
    const response = await this.#options.fetch(`${url.replace(/\/$/, '')}/add-checkpoint`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: formatAddCheckpoint(request),
      redirect: 'error',
      signal: AbortSignal.timeout(limits.witnessTimeoutMs),
    });
    const bytes = await readUpTo(response, limits.witnessAnswerBytesMax);
    return { status: response.status, bytes };
  }
}

/** @throws Error for an answer that is longer. */
async function readUpTo(response: Response, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > bytesMax) throw new Error('its answer is too long');
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}
