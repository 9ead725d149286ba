// SPDX-License-Identifier: Apache-2.0
// A connection that is opened when it is needed and opened anew when it was lost. After a failed
// attempt the next one waits, longer each time; until then the old reason is given at once, so that
// a dead endpoint costs nobody time.

import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { monotonicMs } from './monotonic.ts';

export type Closable = { readonly close: () => Promise<void> };

export class Connection<C extends Closable> {
  readonly #open: () => Promise<C>;
  #current: C | undefined;
  #failure: { readonly error: unknown; readonly retryAt: number } | undefined;
  #pauseMs: number = limits.lineReopenMs;
  #closed = false;

  constructor(open: () => Promise<C>) {
    this.#open = open;
  }

  /** Not to be called again before it has settled.
   * @throws whatever opening threw, or TielineError `line-closed` after `close`. */
  async get(): Promise<C> {
    if (this.#closed) throw closedByUs();
    if (this.#current !== undefined) return this.#current;
    if (this.#failure !== undefined && monotonicMs() < this.#failure.retryAt) {
      throw this.#failure.error;
    }
    const opened = await this.#opened();
    if (this.#closed) {
      await opened.close();
      throw closedByUs();
    }
    this.#current = opened;
    return opened;
  }

  /** The connection is of no use any more; the next `get` opens another. */
  async drop(): Promise<void> {
    const dropped = this.#current;
    this.#current = undefined;
    await dropped?.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.drop();
  }

  async #opened(): Promise<C> {
    try {
      const opened = await this.#open();
      this.#failure = undefined;
      this.#pauseMs = limits.lineReopenMs;
      return opened;
    } catch (error) {
      this.#failure = { error, retryAt: monotonicMs() + this.#pauseMs };
      this.#pauseMs = Math.min(2 * this.#pauseMs, limits.lineReopenMsMax);
      throw error;
    }
  }
}

function closedByUs(): TielineError {
  return new TielineError('line-closed', 'the line was closed');
}
