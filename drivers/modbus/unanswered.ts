// SPDX-License-Identifier: Apache-2.0
// What a device on an RTU bus may still answer, though nobody waits for it any more. An answer has no
// number: one of the same unit, function and length passes for the answer to the next request. A device
// answers in the order in which it was asked. So where such an answer may be outstanding, something of
// another length is asked first, a sounding: once that is answered, nothing older will come. Pure.

import type { RegisterRequest } from '../line.ts';

/** What an answer with registers shows of the request that it belongs to. */
export type Shape = Pick<RegisterRequest, 'functionCode' | 'count'>;

/** Whether the answer to one would pass for the answer to the other. */
export function answersAlike(a: Shape, b: Shape | undefined): boolean {
  return a.functionCode === b?.functionCode && a.count === b.count;
}

/** Lengths that a device is likely to give, or to refuse, which is an answer as well. */
const soundingCounts = [2, 4, 1, 3, 6, 8, 5, 7, 10, 12, 9, 11, 14, 16, 13, 15];
// What was asked longest ago will not come any more.
const outstandingMax = soundingCounts.length - 2;
const answeredMax = 4;
// A device that is silent to so many soundings either is not there, or ignores what it does not know;
// one whose answers were seen to come late is more likely to be late again.
const soundingsInVainMax = 2;
const soundingsOfLateMax = 6;

/** Of one device. */
export class Unanswered {
  /** Oldest first, each shape once. */
  #outstanding: readonly Shape[] = [];
  /** What it is known to answer, newest first. */
  #answered: readonly RegisterRequest[] = [];
  #soundingsInVain = 0;

  get shapes(): readonly Shape[] {
    return this.#outstanding;
  }

  /** Whether an answer to what was asked earlier would pass for the answer to this. */
  isDoubtful(request: RegisterRequest): boolean {
    return this.#outstanding.some((shape) => answersAlike(shape, request));
  }

  /** What to ask before it. undefined: soundings are in vain, so it is asked without one, and its
   * answer stays doubtful. */
  soundingBefore(
    request: RegisterRequest,
    { wasLate }: { readonly wasLate: boolean },
  ): RegisterRequest | undefined {
    if (this.#soundingsInVain >= (wasLate ? soundingsOfLateMax : soundingsInVainMax)) {
      this.#soundingsInVain = 0;
      return undefined;
    }
    const guesses = soundingCounts.map((count) => ({ ...request, count }));
    return [...this.#answered, ...guesses].find((one) => !this.isDoubtful(one));
  }

  /** It was not answered, or refused, which does not keep a device from answering as well. */
  add({ functionCode, count }: RegisterRequest): void {
    const others = this.#outstanding.filter((one) => !answersAlike(one, { functionCode, count }));
    this.#outstanding = [...others, { functionCode, count }].slice(-outstandingMax);
  }

  /** Nothing came, not even an answer to anything earlier. */
  soundedInVain(): void {
    this.#soundingsInVain += 1;
  }

  /** Something older came: it is late, not deaf. */
  cameLate(): void {
    this.#soundingsInVain = 0;
  }

  /** Nothing of what was asked before will come any more. */
  settled(): void {
    this.#outstanding = [];
    this.#soundingsInVain = 0;
  }

  /** What it answered was nothing that was asked earlier, so that will not come any more. */
  gave(request: RegisterRequest): void {
    this.settled();
    const others = this.#answered.filter((one) => !answersAlike(one, request));
    this.#answered = [request, ...others].slice(0, answeredMax);
  }
}
