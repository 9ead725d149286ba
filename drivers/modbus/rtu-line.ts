// SPDX-License-Identifier: Apache-2.0
// The master of Modbus RTU on a line of bytes, which it may share with masters of other protocols.
// An answer carries no number: it is told from others by unit, function and length alone.

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
import { exceptionAnswer } from './exception.ts';
import { answerLength, encodeRequest, judgeAnswer, type RtuAnswer } from './rtu-frame.ts';
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

  #ask(talk: Talk, request: RegisterRequest): Promise<ByteAnswer<RtuAnswer>> {
    const silenceMs = answersAlike(request, this.#last) ? indistinctSilenceMs : 0;
    this.#last = request;
    return talk.exchange({
      peer: peerOf(request.unit),
      send: encodeRequest(request),
      judge: (received) => judgeAnswer(request, received),
      bytesMax: answerLength(request.count),
      silenceMs,
    });
  }
}

function wrongUnit({ unit }: { readonly unit: number }): Faulty | undefined {
  if (unit >= 1 && unit <= unitMax) return undefined;
  return faulty({ kind: 'malformed', detail: `a unit is 1 to ${unitMax}, not ${unit}` });
}

/** Whether the answer to one would pass for the answer to the other. */
function answersAlike(a: RegisterRequest, b: RegisterRequest | undefined): boolean {
  return a.unit === b?.unit && a.functionCode === b.functionCode && a.count === b.count;
}

function answerOf(answer: ByteAnswer<RtuAnswer> | Faulty): Answer {
  if (!answer.ok) return answer;
  const { value, afterFault } = answer;
  return value.kind === 'exception'
    ? exceptionAnswer(value.exceptionCode)
    : { ok: true, registers: value.registers, afterFault };
}
