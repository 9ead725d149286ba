// SPDX-License-Identifier: Apache-2.0
// Many Modbus TCP devices as one process: `tcp-devices.ts COUNT` prints their ports. Register n
// holds n; an answer is given at once, so that the reader is what is measured. Ended by its parent.

import {
  encodeMbap,
  MbapFrames,
  type MbapRequest,
} from '../../../drivers/simulator/mbap-frames.ts';
import { listenTcp } from '../../../drivers/simulator/tcp-server.ts';

function answerTo({ transaction, unit, pdu }: MbapRequest): Uint8Array {
  const view = new DataView(pdu.buffer, pdu.byteOffset, pdu.byteLength);
  const address = view.getUint16(1);
  const count = view.getUint16(3);
  const answer = new Uint8Array(2 + 2 * count);
  answer.set([view.getUint8(0), 2 * count]);
  const words = new DataView(answer.buffer);
  for (let i = 0; i < count; i++) words.setUint16(2 + 2 * i, address + i);
  return encodeMbap({ transaction, unit, pdu: answer });
}

const ports: number[] = [];
for (let i = 0; i < Number(process.argv[2]); i++) {
  const { port } = await listenTcp({ host: '127.0.0.1', port: 0 }, (socket) => {
    const frames = new MbapFrames();
    socket.on('data', (bytes: Uint8Array) => {
      for (const request of frames.push(bytes) ?? []) socket.write(answerTo(request));
    });
  });
  ports.push(port);
}
process.stdout.write(`ready ${JSON.stringify(ports)}\n`);
