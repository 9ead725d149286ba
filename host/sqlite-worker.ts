// SPDX-License-Identifier: Apache-2.0
// The thread of one database: so that a stall of the disk is never a stall of anything else. Requests are
// carried out one by one, in the order they came. After a fatal failure nothing is known about the disk any
// more: from then on it answers nothing but that failure.

import { parentPort } from 'node:worker_threads';
import { assert, unreachable } from '../base/assert.ts';
import { TielineError } from '../base/errors.ts';
import { Connection } from './sqlite-connection.ts';
import {
  decodeMessage,
  encodeMessage,
  failureOf,
  type Request,
  type Response,
} from './sqlite-message.ts';

assert(parentPort !== null, 'runs as a worker thread only');
const port = parentPort;
let connection: Connection | undefined;
let poison: TielineError | undefined;

port.on('message', (bytes: Uint8Array) => {
  const request = decodeMessage<Request>(bytes);
  const response = encodeMessage(answer(request));
  port.postMessage(response, [response.buffer]);
  if (request.kind === 'close') port.close();
});

function answer(request: Request): Response {
  const { id } = request;
  try {
    if (poison !== undefined && request.kind !== 'close') throw poison;
    return carryOut(request);
  } catch (error) {
    if (error instanceof TielineError && error.retry === 'fatal') poison = error;
    return { kind: 'failed', id, failure: failureOf(error) };
  }
}

function carryOut(request: Request): Response {
  const { id } = request;
  if (request.kind === 'open') {
    connection = new Connection(request.options);
    return { kind: 'done', id };
  }
  if (request.kind === 'close') {
    connection?.close();
    return { kind: 'done', id };
  }
  assert(connection !== undefined, 'open comes first');
  switch (request.kind) {
    case 'write':
      connection.write(request.statements);
      return { kind: 'done', id };
    case 'read':
      return { kind: 'rows', id, table: connection.read(request.sql, request.params) };
    default:
      return unreachable(request);
  }
}
