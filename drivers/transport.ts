// SPDX-License-Identifier: Apache-2.0
// The ways to a meter, and the line that speaks each.

import type { Line } from './line.ts';
import type { SerialSettings } from './meter-definition.ts';
import { openRtuSerialLine, openRtuTcpLine } from './modbus/rtu-lines.ts';
import { openModbusTcpLine } from './modbus/tcp-line.ts';

export type Endpoint = { readonly host: string; readonly port: number };

export type SerialEndpoint = SerialSettings & { readonly path: string };

/** `rtu-tcp`: RTU frames over a TCP connection, as simple serial servers pass them on. */
export type Transport =
  | ({ readonly kind: 'modbus-tcp' } & Endpoint)
  | ({ readonly kind: 'modbus-rtu' } & SerialEndpoint)
  | ({ readonly kind: 'rtu-tcp' } & Endpoint);

export type LineOptions = {
  /** How long a device may take to begin its answer. */
  readonly timeoutMs?: number;
  /** RTU only: how long a device is left alone after each answer. */
  readonly deviceGapMs?: number;
};

/** Opens nothing yet: the first request does, and opens again whatever is lost. */
export function openLine(transport: Transport, options: LineOptions = {}): Line {
  switch (transport.kind) {
    case 'modbus-tcp':
      return openModbusTcpLine(transport, options);
    case 'modbus-rtu':
      return openRtuSerialLine(transport, options);
    case 'rtu-tcp':
      return openRtuTcpLine(transport, options);
  }
}
