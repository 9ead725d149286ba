// SPDX-License-Identifier: Apache-2.0
// The master of Modbus RTU on a line of bytes, which it may share with masters of other protocols.
// An answer carries no number: it is told from others by unit, function and length alone. Where one to
// an earlier request could pass for the next, something of another length is asked in between.

import type { ByteAnswer, ByteLine, Talk } from '../bus/byte-line.ts';
import {
  type Answer,
  type AskOptions,
  type CoilRequest,
  type ControlLine,
  type Faulty,
  faulty,
  type LineFault,
  peerOf,
  type RegisterRequest,
  type WriteRequest,
} from '../line.ts';
import {
  exceptionAnswer,
  illegalDataAddress,
  illegalDataValue,
  illegalFunction,
} from './exception.ts';
import { coilQuestion, type Question, registerQuestion, writeQuestion } from './question.ts';
import { type RtuAnswer, unitMax } from './rtu-frame.ts';
import { answersAlike, judgeBehindLate, Unanswered } from './unanswered.ts';

// Before a request whose answer would look like the last one's, so that no second copy of that
// passes for it: USB adapters hand bytes over up to 16 ms late, and a busy system takes its time.
// Read plans avoid such pairs.
const indistinctSilenceMs = 50;

export class RtuLine implements ControlLine {
  readonly name: string;
  readonly #line: ByteLine;
  #last: Question | undefined;
  /** By unit: so no more than there are units. */
  readonly #unanswered = new Map<number, Unanswered>();

  constructor(line: ByteLine) {
    this.name = `modbus-rtu ${line.name}`;
    this.#line = line;
  }

  request(request: RegisterRequest, options: AskOptions = {}): Promise<Answer> {
    return this.#hold(request, options, (talk) => this.#ask(talk, registerQuestion(request)));
  }

  /** Never held up by a sounding: it is read back, and that is sounded. */
  write(request: WriteRequest): Promise<Answer> {
    const question = writeQuestion(request);
    return this.#hold(request, urgent, async (talk) => {
      const unanswered = this.#unansweredOf(request.unit);
      return (await this.#exchange(talk, question, unanswered, indistinctSilenceMs)).answer;
    });
  }

  readCoils(request: CoilRequest): Promise<Answer> {
    return this.#hold(request, urgent, (talk) => this.#ask(talk, coilQuestion(request)));
  }

  close(): Promise<void> {
    return this.#line.close();
  }

  async #hold(
    { unit }: { readonly unit: number },
    options: AskOptions,
    use: (talk: Talk) => Promise<ByteAnswer<RtuAnswer>>,
  ): Promise<Answer> {
    const wrong = wrongUnit(unit);
    return wrong ?? answerOf(await this.#line.converse(use, options));
  }

  /** Nothing that was asked earlier passes for its answer. */
  async #ask(talk: Talk, question: Question): Promise<ByteAnswer<RtuAnswer>> {
    const unanswered = this.#unansweredOf(question.unit);
    const last = this.#last;
    if (unanswered.isDoubtful(question)) return this.#askInDoubt(talk, question, unanswered);
    const { answer, isUnclear } = await this.#exchange(talk, question, unanswered);
    if (isUnclear) return this.#askInDoubt(talk, question, unanswered);
    if (!answer.ok || !answer.afterFault) return answer;
    if (last?.unit !== question.unit || !answersAlike(question.shape, last.shape)) return answer;
    // Bytes came unasked: a further copy of the last answer may have passed for this one.
    unanswered.add(question, false);
    return marked(await this.#askInDoubt(talk, question, unanswered));
  }

  async #askInDoubt(
    talk: Talk,
    question: Question,
    unanswered: Unanswered,
    isAgain = false,
  ): Promise<ByteAnswer<RtuAnswer>> {
    const wasLate = talk.wasLate(peerOf(question.unit));
    const sounding = unanswered.soundingBefore(question, { wasLate });
    if (sounding === undefined) return this.#askDeaf(talk, question, unanswered);
    const exchanged = await this.#exchange(talk, sounding, unanswered, indistinctSilenceMs);
    const { answer: sounded, isUnclear } = exchanged;
    if (isUnclear && !isAgain) return this.#askInDoubt(talk, question, unanswered, true);
    if (isUnclear || isSilence(exchanged)) unanswered.soundedInVain(isUnclear);
    if (!isProof(sounded)) return sounded;
    unanswered.settled();
    const { answer } = await this.#exchange(talk, question, unanswered);
    return sounded.afterFault ? marked(answer) : answer;
  }

  /** Soundings were in vain. Only where the device then answers this, and still no sounding, is it one
   * that ignores them. */
  async #askDeaf(
    talk: Talk,
    question: Question,
    unanswered: Unanswered,
  ): Promise<ByteAnswer<RtuAnswer>> {
    const { answer } = await this.#exchange(talk, question, unanswered, indistinctSilenceMs);
    const sounding = unanswered.soundingBefore(question, { wasLate: false });
    if (!answer.ok || answer.value.kind === 'exception' || sounding === undefined) return answer;
    const exchanged = await this.#exchange(talk, sounding, unanswered);
    const { answer: sounded } = exchanged;
    const isDeaf = isSilence(exchanged) || exchanged.isUnclear;
    if (!isDeaf && !isProof(sounded)) return sounded;
    unanswered.settled();
    return marked(isDeaf ? answer : (await this.#exchange(talk, question, unanswered)).answer);
  }

  async #exchange(
    talk: Talk,
    question: Question,
    unanswered: Unanswered,
    leastSilenceMs = 0,
  ): Promise<Exchanged> {
    const last = this.#last;
    const isAlike = last?.unit === question.unit && answersAlike(question.shape, last.shape);
    this.#last = question;
    const earlier = unanswered.before(question);
    const lateBytesMax = earlier.reduce((sum, { length }) => sum + length, 0);
    let cameLate = false;
    const answer = await talk.exchange({
      peer: peerOf(question.unit),
      send: question.send,
      judge: (received) =>
        judgeBehindLate(question, earlier, received, () => {
          cameLate = true;
        }),
      bytesMax: question.shape.length + lateBytesMax,
      silenceMs: Math.max(isAlike ? indistinctSilenceMs : 0, leastSilenceMs),
    });
    const kind = answer.ok ? answer.value.kind : undefined;
    const isUnclear = kind === 'exception' && unanswered.isRefusalDoubtful(question);
    if (kind !== 'registers') unanswered.add(question, kind === 'exception' && !isUnclear);
    else if (!unanswered.isDoubtful(question)) unanswered.gave(question);
    if (cameLate) unanswered.cameLate();
    if (isUnclear) return { answer: faulty(unclear), cameLate, isUnclear };
    return { answer: cameLate ? tooLate(answer) : answer, cameLate, isUnclear };
  }

  #unansweredOf(unit: number): Unanswered {
    const known = this.#unanswered.get(unit) ?? new Unanswered();
    this.#unanswered.set(unit, known);
    return known;
  }
}

type Exchanged = {
  readonly answer: ByteAnswer<RtuAnswer>;
  /** Whether something that was asked earlier was answered first. */
  readonly cameLate: boolean;
  /** Whether it refused, and nobody knows what. */
  readonly isUnclear: boolean;
};

/** A device takes longer to act than to answer a reading. */
const urgent = { priority: 'control', patient: true } as const;

/** Exceptions that say something of what was asked, and not of how the device is. */
const ofTheRequest: readonly number[] = [illegalFunction, illegalDataAddress, illegalDataValue];

function marked(answer: ByteAnswer<RtuAnswer>): ByteAnswer<RtuAnswer> {
  return answer.ok ? { ...answer, afterFault: true } : answer;
}

function isSilence({ answer, cameLate }: Exchanged): boolean {
  return !answer.ok && answer.fault.kind === 'time-out' && !cameLate;
}

/** Whether nothing that was asked before this will come any more. */
function isProof(sounded: ByteAnswer<RtuAnswer>): sounded is ByteAnswer<RtuAnswer> & { ok: true } {
  if (!sounded.ok) return false;
  const { value } = sounded;
  return value.kind === 'registers' || ofTheRequest.includes(value.exceptionCode);
}

function tooLate(answer: ByteAnswer<RtuAnswer>): ByteAnswer<RtuAnswer> {
  if (answer.ok || answer.fault.kind !== 'time-out') return answer;
  const detail = `${answer.fault.detail}; an answer to what it was asked earlier came instead`;
  return faulty({ kind: 'time-out', detail, hint: lateHint });
}

const unclear: LineFault = {
  kind: 'malformed',
  detail: 'a refusal was thrown away: it may be of something that was asked earlier',
};

const lateHint =
  'it answers later than it is waited for, or the line delays what it sends: raise `timeoutMs` of its line';

function wrongUnit(unit: number): Faulty | undefined {
  if (unit >= 1 && unit <= unitMax) return undefined;
  return faulty({ kind: 'malformed', detail: `a unit is 1 to ${unitMax}, not ${unit}` });
}

function answerOf(answer: ByteAnswer<RtuAnswer> | Faulty): Answer {
  if (!answer.ok) return answer;
  const { value, afterFault } = answer;
  return value.kind === 'exception'
    ? exceptionAnswer(value.exceptionCode)
    : { ok: true, registers: value.registers, afterFault };
}
