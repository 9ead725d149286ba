// SPDX-License-Identifier: Apache-2.0
// How long a reading occupies its line, reckoned beforehand. Pure.

import type { ExchangeSize } from '../device.ts';
import type { SerialSettings } from '../meter-definition.ts';
import { characterMs, rtuGapMs } from './wire-time.ts';

/** `serial`: null where the bytes take no time worth counting (Modbus TCP). */
export type Wire = {
  readonly serial: SerialSettings | null;
  /** There and back through the network, where there is one between. */
  readonly roundTripMs: number;
};

// What this machine itself takes from one exchange to the next.
const hostMs = 1;

/** `turnRoundMs`: from the end of a request to the beginning of its answer. */
export function readingMs(
  exchanges: readonly ExchangeSize[],
  wire: Wire,
  turnRoundMs: number,
): number {
  return exchanges.reduce((sum, one) => sum + exchangeMs(one, wire) + turnRoundMs, 0);
}

function exchangeMs({ sentBytes, answerBytes, baudRate }: ExchangeSize, wire: Wire): number {
  const { serial, roundTripMs } = wire;
  const onWireMs =
    serial === null
      ? 0
      : rtuGapMs(serial) +
        (sentBytes + answerBytes) *
          characterMs({ ...serial, baudRate: baudRate ?? serial.baudRate });
  return hostMs + roundTripMs + onWireMs;
}
