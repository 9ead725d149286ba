// SPDX-License-Identifier: Apache-2.0
// A thread that verifies signatures: takes what verify-pool.ts has packed, and answers with one byte
// each, 1 where the signature holds. It keeps as many keys imported as its data (a number) says.

import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { keepImportedKeys, nodeSuite } from '../base/node-suite.ts';
import { unpackChecks } from './verify-message.ts';

assert(parentPort !== null, 'runs as a worker thread only');
const port = parentPort;
keepImportedKeys(Number(workerData));

port.on('message', (packed: Uint8Array) => {
  const verdicts = Uint8Array.from(unpackChecks(packed), ({ publicKey, message, signature }) =>
    nodeSuite.verify(publicKey, message, signature) ? 1 : 0,
  );
  port.postMessage(verdicts, [verdicts.buffer]);
});
