// SPDX-License-Identifier: Apache-2.0
// A line that is all in memory: who plays the device gets each request, and a way to be heard.

import { ByteLine } from '../../../../drivers/bus/byte-line.ts';
import { RtuLine } from '../../../../drivers/modbus/rtu-line.ts';

const settings = {
  name: 'memory',
  serial: { baudRate: 115_200, parity: 'none', dataBits: 8, stopBits: 1 },
  timeoutMs: 60,
  gapMs: 1,
  settleMs: 60,
  deviceGapMs: 0,
  overTcp: false,
  timeOutHint: () => 'none',
} as const;

/** `take`: a request, as a whole frame; `hear` may be called at once, later, and as often as one likes. */
export function memoryLine(
  take: (request: Uint8Array, hear: (bytes: Uint8Array) => void) => void,
): RtuLine {
  const bytes = new ByteLine(
    async (listener) => ({
      write: async (request) => take(request, listener.bytes),
      discardInput: async () => undefined,
      setBaudRate: undefined,
      close: async () => undefined,
    }),
    settings,
  );
  return new RtuLine(bytes);
}
