// SPDX-License-Identifier: Apache-2.0
// The centre dies, and is back after a while.

import type { Fault } from './fault.ts';
import { restart } from './restart.ts';

export const centreRestart: Fault = {
  kind: 'centre-restart',
  begin: ({ centre }) => restart('centre', centre),
};
