// SPDX-License-Identifier: Apache-2.0
// The broker dies, and is back after a while.

import type { Fault } from './fault.ts';
import { restart } from './restart.ts';

export const brokerRestart: Fault = {
  kind: 'broker-restart',
  begin: ({ broker }) => restart('broker', broker),
};
