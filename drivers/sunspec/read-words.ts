// SPDX-License-Identifier: Apache-2.0
// Many registers of a device in as many reads as it takes. A read that is refused is halved, for
// some devices give less at once than Modbus allows; a register that is refused alone is missing.

import { limits } from '../../base/limits.ts';
import type { Faulty } from '../line.ts';
import type { Span } from '../read-plan.ts';
import type { Words } from './ac-blocks.ts';
import type { Ask } from './discovery.ts';

/** How many registers each read has, where none is refused. */
export function readCounts(count: number): readonly number[] {
  const max = limits.modbusRegistersMax;
  return Array.from({ length: Math.ceil(count / max) }, (_, i) => Math.min(max, count - i * max));
}

export async function readWords(
  ask: Ask,
  { address, count }: Span,
): Promise<Faulty | { readonly ok: true; readonly words: Words }> {
  const words = new Map<number, number>();
  let splitCount = 0;
  const open: Span[] = [];
  let at = address;
  for (const size of readCounts(count)) {
    open.push({ address: at, count: size });
    at += size;
  }
  for (let span = open.shift(); span !== undefined; span = open.shift()) {
    const answer = await ask(span.address, span.count);
    if (answer.ok) {
      for (const [i, word] of answer.registers.entries()) words.set(span.address + i, word);
    } else if (answer.fault.kind !== 'exception') {
      return answer;
    } else if (span.count > 1 && splitCount < limits.readSplitsMax) {
      splitCount += 1;
      const half = Math.ceil(span.count / 2);
      open.unshift(
        { address: span.address, count: half },
        { address: span.address + half, count: span.count - half },
      );
    }
  }
  return { ok: true, words };
}
