// SPDX-License-Identifier: Apache-2.0
// The ways to devices, and the line that owns each. All devices behind one tty or one endpoint share
// its line.

import type { ByteLine } from './bus/byte-line.ts';
import { type ByteLineOptions, openSerialLine, openSerialServerLine } from './bus/byte-lines.ts';
import { LineMemory } from './bus/line-memory.ts';
import type { Patience } from './bus/patience.ts';
import type { ControlLine } from './line.ts';
import type { SerialSettings } from './meter-definition.ts';
import { RtuLine } from './modbus/rtu-line.ts';
import { openModbusTcpLine } from './modbus/tcp-line.ts';

export type Endpoint = { readonly host: string; readonly port: number };

export type SerialEndpoint = SerialSettings & { readonly path: string };

/** `rtu-tcp`: RTU frames, or those of another serial protocol, over a TCP connection, as simple
 * serial servers pass them on. `modbus-rtu`: a tty, for any serial protocol. */
export type Transport =
  | ({ readonly kind: 'modbus-tcp' } & Endpoint)
  | ({ readonly kind: 'modbus-rtu' } & SerialEndpoint)
  | ({ readonly kind: 'rtu-tcp' } & Endpoint);

export type SharedLine = {
  /** For Modbus. */
  readonly registers: ControlLine;
  /** For all else; a Modbus TCP endpoint has none. */
  readonly bytes: ByteLine | undefined;
  readonly memory: LineMemory;
  /** The longest time that a device may take to begin its answer. */
  readonly timeoutMs: number;
  readonly close: () => Promise<void>;
};

/** Opens nothing yet: the first request does, and opens again whatever is lost. */
export function openLine(transport: Transport, options: ByteLineOptions = {}): SharedLine {
  if (transport.kind === 'modbus-tcp') {
    const registers = openModbusTcpLine(transport, options);
    return { ...sharedBy(registers), registers, bytes: undefined };
  }
  const bytes =
    transport.kind === 'modbus-rtu'
      ? openSerialLine(transport, options)
      : openSerialServerLine(transport, options);
  return { ...sharedBy(bytes), registers: new RtuLine(bytes), bytes };
}

function sharedBy(owner: { readonly patience: Patience; readonly close: () => Promise<void> }) {
  const { patience } = owner;
  return {
    memory: new LineMemory(patience),
    timeoutMs: patience.ceilingMs,
    close: () => owner.close(),
  };
}
