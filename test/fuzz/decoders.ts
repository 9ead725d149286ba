// SPDX-License-Identifier: Apache-2.0
// Every decoder that takes bytes from a wire, a disk, a configuration or a meter, in one table.

import { baseDecoders } from './base-decoders.ts';
import { chainDecoders } from './chain-decoders.ts';
import type { Decoder } from './decoder.ts';
import { dispatchDecoders } from './dispatch-decoders.ts';
import { keyDecoders } from './key-decoders.ts';
import { marketDecoders } from './market-decoders.ts';
import { mirrorDecoders } from './mirror-decoders.ts';
import { modbusTcpDecoders } from './modbus-tcp-decoders.ts';
import { requestDecoders } from './request-decoders.ts';
import { statementDecoders } from './statement-decoders.ts';
import { sunspecDecoders } from './sunspec-decoders.ts';
import { textDecoders } from './text-decoders.ts';
import { wireDecoders } from './wire-decoders.ts';

export const decoders: readonly Decoder[] = [
  ...baseDecoders,
  ...chainDecoders,
  ...dispatchDecoders,
  ...keyDecoders,
  ...mirrorDecoders,
  ...requestDecoders,
  ...statementDecoders,
  ...marketDecoders,
  ...textDecoders,
  ...wireDecoders,
  ...modbusTcpDecoders,
  ...sunspecDecoders,
];
