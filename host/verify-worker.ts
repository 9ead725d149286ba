// SPDX-License-Identifier: Apache-2.0
// A thread that verifies signatures: takes what verify-pool.ts has packed, and answers with one byte
// each, 1 where the signature holds.

import { parentPort } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { nodeSuite } from '../base/node-suite.ts';
import { unpackChecks } from './verify-message.ts';

assert(parentPort !== null, 'runs as a worker thread only');
const port = parentPort;

port.on('message', (packed: Uint8Array) => {
  const verdicts = Uint8Array.from(unpackChecks(packed), ({ publicKey, message, signature }) =>
    nodeSuite.verify(publicKey, message, signature) ? 1 : 0,
  );
  port.postMessage(verdicts, [verdicts.buffer]);
});
