// SPDX-License-Identifier: Apache-2.0
// Requests for raw readings on their way down: each that the main log has taken is sent to its
// chain, with the log's receipts, again and again until every ask has an answer or it is over.

import { limits } from '../base/limits.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { chainOrigin } from '../sidechain/chain/names.ts';
import { encodeRequestMessage } from '../sidechain/chain/request-message.ts';
import type { Ordering } from './ordering/ordering.ts';
import type { RequestStore } from './store/request-store.ts';

export type RequestSenderOptions = {
  readonly requests: RequestStore;
  readonly ordering: Pick<Ordering, 'receipt'>;
  readonly publish: (topic: string, payload: Uint8Array) => Promise<void>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
  readonly onFailure: (error: unknown) => void;
};

export class RequestSender {
  readonly #options: RequestSenderOptions;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | undefined;
  #isRungAgain = false;
  #isOpen = true;

  constructor(options: RequestSenderOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.ring(), limits.requestSendMs);
  }

  /** Something new was taken: it goes now. */
  ring(): void {
    this.#isRungAgain = this.#running !== undefined;
    this.#running ??= this.#send()
      .catch(this.#options.onFailure)
      .finally(() => {
        this.#running = undefined;
        if (this.#isRungAgain && this.#isOpen) this.ring();
      });
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    clearInterval(this.#timer);
    await this.#running;
  }

  async #send(): Promise<void> {
    const { requests, ordering, publish, clock, log } = this.#options;
    const nowMs = clock.nowMs();
    await requests.forgetBefore(nowMs - limits.requestAnswersKeptMs);
    for (const { chainId, logIndex } of await requests.open(nowMs, limits.requestsSentMax)) {
      const { anchor: request, receipts } = await ordering.receipt(logIndex, { from: 0 });
      const message = encodeRequestMessage({ request, receipts });
      // One that does not get out goes again.
      await publish(`${chainOrigin(chainId)}/request`, message).catch((error: unknown) => {
        log.debug('request-not-sent', { chain: chainId, error });
      });
    }
  }
}
