// SPDX-License-Identifier: Apache-2.0
// Modbus TCP: what a device, or whoever sits at its address, answers to our requests, through the package
// that reads it, on a connection that is not there.

import { Socket } from 'node:net';
import modbus from 'modbus-serial';
import { type Call, clientOf, judged } from '../../drivers/modbus/tcp-client.ts';
import { encodeMbap, MbapFrames } from '../../drivers/simulator/mbap-frames.ts';
import type { Decoder } from './decoder.ts';

const timeoutMs = 1;

/** Hears what is answered as soon as something is asked. */
class Answering extends Socket {
  answer = new Uint8Array();
  constructor() {
    super();
    Object.defineProperty(this, 'readyState', { value: 'open' });
  }
  override write(): boolean {
    const half = this.answer.length >> 1;
    this.emit('data', Buffer.from(this.answer.subarray(0, half)));
    this.emit('data', Buffer.from(this.answer.subarray(half)));
    return true;
  }
}

/** A new client: what was left over of an answer before would be read together with the next. */
async function ask(call: Call, answer: Uint8Array): Promise<unknown> {
  const socket = new Answering();
  socket.answer = new Uint8Array(answer);
  const client = new modbus.default();
  client.on('error', () => undefined);
  await client.linkTCP(socket, { port: 0 });
  // Refused in the one way or the other: an answer that is none is a time-out.
  return clientOf(client)
    .call(call, timeoutMs)
    .then(
      (result) => judged(call, result),
      () => undefined,
    );
}

const unit = 7;
const read: Call = { kind: 'read', unit, functionCode: 4, address: 100, count: 2 };
const coils: Call = { kind: 'coils', unit, address: 0, count: 3 };
const write: Call = { kind: 'write', unit, functionCode: 16, address: 9, values: [1, 2] };
const samples = [
  [4, 4, 0, 1, 0, 2],
  [0x84, 2],
  [1, 1, 5],
  [16, 0, 9, 0, 2],
].map((pdu) => encodeMbap({ transaction: 1, unit, pdu: Uint8Array.from(pdu) }));

export const modbusTcpDecoders: readonly Decoder[] = [
  {
    name: 'modbus-tcp-request',
    samples: [encodeMbap({ transaction: 1, unit: 1, pdu: Uint8Array.of(4, 0, 0, 0, 2) })],
    read: (bytes) => new MbapFrames().push(bytes),
  },
  { name: 'modbus-tcp-answer', samples, read: (bytes) => ask(read, bytes) },
  {
    name: 'modbus-tcp-control-answer',
    samples,
    read: async (bytes) => [await ask(coils, bytes), await ask(write, bytes)],
  },
];
