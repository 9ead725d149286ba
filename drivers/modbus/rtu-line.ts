// SPDX-License-Identifier: Apache-2.0
// The master of Modbus RTU on a line of bytes, which it may share with masters of other protocols.
// An answer carries no number: it is told from others by unit, function and length alone. Where one to
// an earlier request could pass for the next, something of another length is asked in between.

import type { Exchange } from '../bus/byte-exchange.ts';
import type { ByteAnswer, ByteLine, Talk } from '../bus/byte-line.ts';
import {
  type Answer,
  type AskOptions,
  type CoilRequest,
  type ControlLine,
  type Faulty,
  faulty,
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
import { answerLength, encodeRequest, judgeBehindLate, type RtuAnswer } from './rtu-frame.ts';
import { answersAlike, Unanswered } from './unanswered.ts';
import {
  coilAnswerLength,
  encodeCoilRead,
  encodeWrite,
  judgeCoils,
  judgeWrite,
  writeAnswerLength,
} from './write-frame.ts';

const unitMax = 247;
// Before a request whose answer would look like the last one's, so that no second copy of that
// passes for it: USB adapters hand bytes over up to 16 ms late, and a busy system takes its time.
// Read plans avoid such pairs.
const indistinctSilenceMs = 50;

export class RtuLine implements ControlLine {
  readonly name: string;
  readonly #line: ByteLine;
  #last: RegisterRequest | undefined;
  /** By unit: so no more than there are units. */
  readonly #unanswered = new Map<number, Unanswered>();

  constructor(line: ByteLine) {
    this.name = `modbus-rtu ${line.name}`;
    this.#line = line;
  }

  async request(request: RegisterRequest, options: AskOptions = {}): Promise<Answer> {
    const wrong = wrongUnit(request);
    if (wrong !== undefined) return wrong;
    return answerOf(await this.#line.converse((talk) => this.#ask(talk, request), options));
  }

  write(request: WriteRequest): Promise<Answer> {
    return this.#control(request.unit, {
      send: encodeWrite(request),
      judge: (received) => judgeWrite(request, received),
      bytesMax: writeAnswerLength,
    });
  }

  readCoils(request: CoilRequest): Promise<Answer> {
    return this.#control(request.unit, {
      send: encodeCoilRead(request),
      judge: (received) => judgeCoils(request, received),
      bytesMax: coilAnswerLength(request.count),
    });
  }

  close(): Promise<void> {
    return this.#line.close();
  }

  /** Patient: a device takes longer to act than to answer a reading. */
  async #control(unit: number, exchange: Exchange<RtuAnswer>): Promise<Answer> {
    const wrong = wrongUnit({ unit });
    if (wrong !== undefined) return wrong;
    this.#last = undefined;
    const request = { ...exchange, peer: peerOf(unit), silenceMs: indistinctSilenceMs };
    return answerOf(await this.#line.exchange(request, { priority: 'control', patient: true }));
  }

  /** Nothing that was asked earlier passes for its answer. */
  async #ask(talk: Talk, request: RegisterRequest): Promise<ByteAnswer<RtuAnswer>> {
    const unanswered = this.#unansweredOf(request.unit);
    const last = this.#last;
    if (unanswered.isDoubtful(request)) return this.#askInDoubt(talk, request, unanswered);
    const { answer } = await this.#exchange(talk, request, unanswered);
    if (!answer.ok || !answer.afterFault) return answer;
    if (last?.unit !== request.unit || !answersAlike(request, last)) return answer;
    // Bytes came unasked: a further copy of the last answer may have passed for this one.
    unanswered.add(request);
    return marked(await this.#askInDoubt(talk, request, unanswered));
  }

  async #askInDoubt(
    talk: Talk,
    request: RegisterRequest,
    unanswered: Unanswered,
  ): Promise<ByteAnswer<RtuAnswer>> {
    const wasLate = talk.wasLate(peerOf(request.unit));
    const sounding = unanswered.soundingBefore(request, { wasLate });
    if (sounding === undefined) return this.#askDeaf(talk, request, unanswered);
    const { answer: sounded } = await this.#exchange(
      talk,
      sounding,
      unanswered,
      indistinctSilenceMs,
    );
    if (!sounded.ok && sounded.fault.kind === 'time-out') unanswered.soundedInVain();
    if (!isProof(sounded)) return sounded;
    unanswered.settled();
    const { answer } = await this.#exchange(talk, request, unanswered);
    return sounded.afterFault ? marked(answer) : answer;
  }

  /** Soundings were in vain. Only where the device then answers this, and still no sounding, is it one
   * that ignores them. */
  async #askDeaf(
    talk: Talk,
    request: RegisterRequest,
    unanswered: Unanswered,
  ): Promise<ByteAnswer<RtuAnswer>> {
    const { answer } = await this.#exchange(talk, request, unanswered, indistinctSilenceMs);
    const sounding = unanswered.soundingBefore(request, { wasLate: false });
    if (!answer.ok || answer.value.kind === 'exception' || sounding === undefined) return answer;
    const { answer: sounded, cameLate } = await this.#exchange(talk, sounding, unanswered);
    const isDeaf = !sounded.ok && sounded.fault.kind === 'time-out' && !cameLate;
    if (!isDeaf && !isProof(sounded)) return sounded;
    unanswered.settled();
    return marked(isDeaf ? answer : (await this.#exchange(talk, request, unanswered)).answer);
  }

  async #exchange(
    talk: Talk,
    request: RegisterRequest,
    unanswered: Unanswered,
    leastSilenceMs = 0,
  ): Promise<{ readonly answer: ByteAnswer<RtuAnswer>; readonly cameLate: boolean }> {
    const last = this.#last;
    const isAlike = last?.unit === request.unit && answersAlike(request, last);
    this.#last = request;
    const earlier = unanswered.shapes;
    const lateBytesMax = earlier.reduce((sum, { count }) => sum + answerLength(count), 0);
    let cameLate = false;
    const answer = await talk.exchange({
      peer: peerOf(request.unit),
      send: encodeRequest(request),
      judge: (received) =>
        judgeBehindLate(request, earlier, received, () => {
          cameLate = true;
        }),
      bytesMax: answerLength(request.count) + lateBytesMax,
      silenceMs: Math.max(isAlike ? indistinctSilenceMs : 0, leastSilenceMs),
    });
    const gave = answer.ok && answer.value.kind === 'registers';
    if (!gave) unanswered.add(request);
    else if (!unanswered.isDoubtful(request)) unanswered.gave(request);
    if (cameLate) unanswered.cameLate();
    return { answer: cameLate ? tooLate(answer) : answer, cameLate };
  }

  #unansweredOf(unit: number): Unanswered {
    const known = this.#unanswered.get(unit) ?? new Unanswered();
    this.#unanswered.set(unit, known);
    return known;
  }
}

/** Exceptions that say something of what was asked, and not of how the device is. */
const ofTheRequest: readonly number[] = [illegalFunction, illegalDataAddress, illegalDataValue];

function marked(answer: ByteAnswer<RtuAnswer>): ByteAnswer<RtuAnswer> {
  return answer.ok ? { ...answer, afterFault: true } : answer;
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

const lateHint =
  'it answers later than it is waited for, or the line delays what it sends: raise `timeoutMs` of its line';

function wrongUnit({ unit }: { readonly unit: number }): Faulty | undefined {
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
