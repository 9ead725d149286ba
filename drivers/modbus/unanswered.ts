// SPDX-License-Identifier: Apache-2.0
// What a device on an RTU bus may still answer, though nobody waits for it any more. An answer has no
// number: one of the same unit, function and length passes for the answer to the next question. A device
// answers in the order in which it was asked. So where such an answer may be outstanding, something of
// another length is asked first, a sounding: once that is answered, nothing older will come. Pure.

import { equal } from '../../base/bytes.ts';
import type { Judgement } from '../bus/byte-exchange.ts';
import { type Question, type Shape, soundingCounts } from './question.ts';
import {
  damaged,
  exceptionFlag,
  exceptionFrameLength,
  hasGoodCrc,
  type RtuAnswer,
} from './rtu-frame.ts';

/** Whether the answer to one would pass for the answer to the other. */
export function answersAlike(a: Shape, b: Shape | undefined): boolean {
  return a.length === b?.length && equal(a.head, b.head);
}

// What was asked longest ago will not come any more.
const outstandingMax = soundingCounts.length - 2;
const answeredMax = 4;
// A device that is silent to so many soundings either is not there, or ignores what it does not know;
// one whose answers were seen to come late is more likely to be late again.
const soundingsInVainMax = 2;
const soundingsOfLateMax = 6;

type Outstanding = { readonly shape: Shape; readonly isRefused: boolean };

/** Of one device. */
export class Unanswered {
  /** Oldest first, each shape once. */
  #outstanding: readonly Outstanding[] = [];
  /** What it is known to answer, newest first. */
  #answered: readonly Question[] = [];
  #soundingsInVain = 0;
  #wasUnclear = false;

  /** What may come before the answer to this, and can be told from it. */
  before({ shape }: Question): readonly Shape[] {
    const answers = this.#outstanding.map((one) => one.shape);
    const refusals = this.#outstanding.filter(({ isRefused }) => !isRefused).map(refusalOf);
    return [...answers, ...refusals].filter(
      (one) => !answersAlike(one, shape) && !answersAlike(one, refusalOf({ shape })),
    );
  }

  /** Whether an answer to what was asked earlier would pass for the answer to this. */
  isDoubtful({ shape }: Question): boolean {
    return this.#outstanding.some((one) => answersAlike(one.shape, shape));
  }

  /** Whether a refusal of what was asked earlier would pass for one of this: it shows the function alone.
   * What a device has given it does not refuse. */
  isRefusalDoubtful(question: Question): boolean {
    return this.#refusable(question).length > 0;
  }

  /** What to ask before it. undefined: soundings are in vain, so it is asked without one, and its
   * answer stays doubtful. */
  soundingBefore(
    question: Question,
    { wasLate }: { readonly wasLate: boolean },
  ): Question | undefined {
    const inVainMax = wasLate || this.#wasUnclear ? soundingsOfLateMax : soundingsInVainMax;
    if (this.#soundingsInVain >= inVainMax) {
      this.#heard();
      return undefined;
    }
    const possible = [...this.#answered, ...question.soundings()].filter(
      (one) => !this.isDoubtful(one),
    );
    // Most devices give any length. Where the first guess was not given, another would not settle it.
    const isFirst = (one: Question) =>
      this.#refusable(one).every(({ shape }) => answersAlike(shape, question.shape));
    return possible.find((one) => this.#hasGiven(one.shape) || isFirst(one)) ?? possible[0];
  }

  /** It was not answered, or refused, which does not keep a device from answering as well. */
  add({ shape }: Question, isRefused: boolean): void {
    const others = this.#outstanding.filter((one) => !answersAlike(one.shape, shape));
    this.#outstanding = [...others, { shape, isRefused }].slice(-outstandingMax);
  }

  /** Nothing came, not even an answer to anything earlier; or a refusal of nobody knows what. */
  soundedInVain(isUnclear: boolean): void {
    this.#soundingsInVain += 1;
    this.#wasUnclear ||= isUnclear;
  }

  /** Something older came: it is late, not deaf. */
  cameLate(): void {
    this.#heard();
  }

  /** Nothing of what was asked before will come any more. */
  settled(): void {
    this.#outstanding = [];
    this.#heard();
  }

  /** What it answered was nothing that was asked earlier, so that will not come any more. */
  gave(question: Question): void {
    this.settled();
    if (question.changes) return;
    const others = this.#answered.filter((one) => !answersAlike(one.shape, question.shape));
    this.#answered = [question, ...others].slice(0, answeredMax);
  }

  /** What is outstanding, and would be refused in the same words. */
  #refusable({ shape }: Question): readonly Outstanding[] {
    const refusal = refusalOf({ shape });
    return this.#outstanding.filter(
      (one) =>
        !one.isRefused && answersAlike(refusalOf(one), refusal) && !this.#hasGiven(one.shape),
    );
  }

  #heard(): void {
    this.#soundingsInVain = 0;
    this.#wasUnclear = false;
  }

  #hasGiven(shape: Shape): boolean {
    return this.#answered.some((one) => answersAlike(one.shape, shape));
  }
}

function refusalOf({ shape }: { readonly shape: Shape }): Shape {
  const [functionCode = 0] = shape.head;
  return { head: Uint8Array.of(functionCode | exceptionFlag), length: exceptionFrameLength };
}

/** As the question judges it, where some of `earlier` may come first: `skipped` hears of each. Bytes are
 * attacker-controlled. */
export function judgeBehindLate(
  question: Question,
  earlier: readonly Shape[],
  bytes: Uint8Array,
  skipped: () => void,
): Judgement<RtuAnswer> {
  let rest = bytes;
  for (;;) {
    const begun = rest.subarray(1);
    const late = earlier.find(({ head }) => {
      const length = Math.min(head.length, begun.length);
      return equal(head.subarray(0, length), begun.subarray(0, length));
    });
    if (rest[0] !== question.unit || late === undefined) return question.judge(rest);
    if (rest.length < late.length) return { kind: 'incomplete' };
    if (!hasGoodCrc(rest.subarray(0, late.length))) return damaged;
    rest = rest.subarray(late.length);
    skipped();
  }
}
