// SPDX-License-Identifier: Apache-2.0
// What is asked of a unit over Modbus RTU, and what is known of the answer before it comes. Pure.

import type { Judgement } from '../bus/byte-exchange.ts';
import type { CoilRequest, RegisterRequest, WriteRequest } from '../line.ts';
import { answerLength, encodeRequest, judgeAnswer, type RtuAnswer } from './rtu-frame.ts';
import {
  coilAnswerLength,
  encodeCoilRead,
  encodeWrite,
  judgeCoils,
  judgeWrite,
  readCoilsFunction,
  writeAnswerHead,
  writeAnswerLength,
} from './write-frame.ts';

/** What an answer that is no refusal shows of the question that it belongs to. */
export type Shape = {
  /** How it begins, behind the unit. */
  readonly head: Uint8Array;
  /** Of the whole frame. */
  readonly length: number;
};

export type Question = {
  readonly unit: number;
  readonly send: Uint8Array;
  readonly shape: Shape;
  /** Bytes are attacker-controlled. */
  readonly judge: (bytes: Uint8Array) => Judgement<RtuAnswer>;
  /** Whether it changes anything. */
  readonly changes: boolean;
  /** Reads whose answers are told from its own: of other lengths, then of other functions. */
  readonly soundings: () => readonly Question[];
};

/** Lengths that a device is likely to give, or to refuse, which is an answer as well. */
export const soundingCounts = [2, 4, 1, 3, 6, 8, 5, 7, 10, 12, 9, 11, 14, 16, 13, 15];
const otherCount = 4;
const coilsPerByte = 8;

export function registerQuestion(request: RegisterRequest): Question {
  const { unit, functionCode, count } = request;
  return {
    unit,
    send: encodeRequest(request),
    shape: { head: Uint8Array.of(functionCode, 2 * count), length: answerLength(count) },
    judge: (bytes) => judgeAnswer(request, bytes),
    changes: false,
    soundings: () => [
      ...soundingCounts.map((other) => registerQuestion({ ...request, count: other })),
      registerQuestion({ ...request, functionCode: functionCode === 3 ? 4 : 3, count: otherCount }),
      coilQuestion({ ...request, count: otherCount }),
    ],
  };
}

export function coilQuestion(request: CoilRequest): Question {
  const { unit, count } = request;
  const head = Uint8Array.of(readCoilsFunction, Math.ceil(count / coilsPerByte));
  return {
    unit,
    send: encodeCoilRead(request),
    shape: { head, length: coilAnswerLength(count) },
    judge: (bytes) => judgeCoils(request, bytes),
    changes: false,
    soundings: () => [
      ...soundingCounts.map((other) => coilQuestion({ ...request, count: coilsPerByte * other })),
      registerQuestion({ ...request, functionCode: 3, count: otherCount }),
      registerQuestion({ ...request, functionCode: 4, count: otherCount }),
    ],
  };
}

export function writeQuestion(request: WriteRequest): Question {
  return {
    unit: request.unit,
    send: encodeWrite(request),
    shape: { head: writeAnswerHead(request), length: writeAnswerLength },
    judge: (bytes) => judgeWrite(request, bytes),
    changes: true,
    soundings: () => [],
  };
}
