// SPDX-License-Identifier: Apache-2.0
// A line, all in memory, to a device that does at once what it is told, and is so many answers behind.

import { concat } from '../../../../base/bytes.ts';
import { withCrc } from '../../../../drivers/modbus/rtu-frame.ts';
import type { RtuLine } from '../../../../drivers/modbus/rtu-line.ts';
import { memoryLine } from './memory-line.ts';

export type Lag = {
  /** How many requests it is behind with its answers: of what waits longer it says all at once. */
  behind: number;
};

export type LaggingLine = { readonly line: RtuLine; readonly lag: Lag };

/** `answer`: the PDU to a PDU. Each answer comes in `cut` bytes and the rest. */
export function laggingLine(
  answer: (pdu: Uint8Array) => Uint8Array,
  { cut }: { readonly cut: number },
): LaggingLine {
  const lag: Lag = { behind: 0 };
  const waiting: Uint8Array[] = [];
  const speak = (hear: (bytes: Uint8Array) => void) => {
    const due = waiting.splice(0, Math.max(waiting.length - lag.behind, 0));
    const bytes = concat(...due);
    if (bytes.length > 0) hear(bytes.subarray(0, cut));
    if (bytes.length > cut) setImmediate(() => hear(bytes.subarray(cut)));
  };
  const line = memoryLine((request, hear) => {
    const [unit = 0] = request;
    waiting.push(withCrc(concat(Uint8Array.of(unit), answer(request.slice(1, -2)))));
    setImmediate(() => speak(hear));
  });
  return { line, lag };
}
