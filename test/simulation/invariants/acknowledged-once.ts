// SPDX-License-Identifier: Apache-2.0
// What was acknowledged is in the ledger, once, and stays there.

import type { Tell } from '../happening.ts';
import type { Ledger, Operation } from '../member/ledger.ts';
import { Violation } from '../violation.ts';

const name = 'acknowledged-once';

export class AcknowledgedOnce {
  /** Where each operation was taken. */
  readonly #places = new Map<string, number>();
  readonly #acknowledged = new Map<number, number>();
  #count = 0;

  /** Operations acknowledged so far. */
  get count(): number {
    return this.#count;
  }

  readonly see: Tell = (happening) => {
    if (happening.kind !== 'applied' || happening.step.judged?.verdict !== 'accepted') return;
    const { operation } = happening.step.judged;
    const { index } = happening.entry;
    const key = keyOf(operation);
    const place = this.#places.get(key) ?? index;
    if (place !== index) {
      throw new Violation(name, `operation ${key} was taken at index ${place} and at ${index}`);
    }
    this.#places.set(key, index);
  };

  acknowledge(operation: Operation): void {
    if (!this.#places.has(keyOf(operation))) {
      throw new Violation(name, `operation ${keyOf(operation)} was acknowledged and never taken`);
    }
    this.#acknowledged.set(operation.client, operation.number);
    this.#count += 1;
  }

  /** A ledger that has come to the end of the history. */
  checkEnd({ last }: Ledger): void {
    for (const [client, number] of this.#acknowledged) {
      const kept = last[client] ?? 0;
      if (kept >= number) continue;
      const text = `operation ${keyOf({ client, number })} was acknowledged, and the ledger ends at ${kept}`;
      throw new Violation(name, text);
    }
  }
}

function keyOf({ client, number }: Operation): string {
  return `${client}:${number}`;
}
