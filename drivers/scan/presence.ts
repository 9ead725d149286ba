// SPDX-License-Identifier: Apache-2.0
// Whether anybody answers to a Modbus unit number. A refusal is an answer, too; only what a gateway
// says of a silent device behind it is none.

import type { Line } from '../line.ts';

export type Presence = 'answers' | 'garbled' | 'silent' | 'closed';

/** Reading one register harms no device; which of the two tables it keeps nobody knows yet. */
const questions = [
  { functionCode: 3, address: 0, count: 1 },
  { functionCode: 4, address: 0, count: 1 },
] as const;

const gatewayExceptions: readonly number[] = [10, 11];

export async function presenceAt(line: Line, unit: number): Promise<Presence> {
  let garbled = false;
  for (const question of questions) {
    const answer = await line.request({ unit, ...question }, { priority: 'scan' });
    if (answer.ok) return 'answers';
    const { fault } = answer;
    if (fault.kind === 'closed') return 'closed';
    if (fault.kind === 'exception') {
      if (!gatewayExceptions.includes(fault.exceptionCode)) return 'answers';
      return 'silent';
    }
    if (fault.kind === 'time-out') return garbled ? 'garbled' : 'silent';
    garbled = true;
  }
  return 'garbled';
}
