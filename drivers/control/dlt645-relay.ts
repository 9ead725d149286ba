// SPDX-License-Identifier: Apache-2.0
// The relay of a DL/T 645-2007 meter: it cuts off all that is behind the meter. An order is sent once, to
// one address, and never again by itself; where the relay stands only the meter's status word says.

import type { ByteLine } from '../bus/byte-line.ts';
import { askOne, readData, refused } from '../dlt645/ask.ts';
import {
  type RelaySwitching,
  relayOpenBit,
  relayRequest,
  statusWordIdentifier,
  statusWordLength,
} from '../dlt645/relay-frame.ts';
import { type Faulty, faulty } from '../line.ts';

export type RelayState = { readonly ok: true; readonly isOpen: boolean } | Faulty;

const urgent = { priority: 'control', patient: true } as const;

/** As the meter says. Never rejects. */
export async function readRelay(line: ByteLine, address: string): Promise<RelayState> {
  const place = { address, identifier: statusWordIdentifier, length: statusWordLength };
  const answer = await readData(line, place, urgent);
  if (!answer.ok) return answer;
  const [low] = answer.data;
  if (low !== undefined && answer.data.length === statusWordLength) {
    return { ok: true, isOpen: (low & relayOpenBit) !== 0 };
  }
  const detail = `its status word has ${answer.data.length} bytes, not ${statusWordLength}`;
  return faulty({ kind: 'malformed', detail });
}

/** Whether the meter took the order, not whether it obeyed: read it. Never rejects. */
export async function orderRelay(
  line: ByteLine,
  switching: RelaySwitching,
): Promise<{ readonly ok: true } | Faulty> {
  const answer = await line.converse((talk) => askOne(talk, relayRequest(switching), 0), urgent);
  if (!answer.ok) return answer;
  if (answer.value.kind === 'refused') return refused(switching.address, answer.value.errorWord);
  return { ok: true };
}
