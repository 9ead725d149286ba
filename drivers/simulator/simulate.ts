// SPDX-License-Identifier: Apache-2.0
// A simulated meter: load → image → slave → server. It answers for one unit and is silent for all
// others.

import type { ByteChannel } from '../bus/byte-channel.ts';
import { serialChannel } from '../bus/serial-channel.ts';
import { channelOf } from '../bus/socket-channel.ts';
import { serialForm } from '../bus/wire-time.ts';
import type { MeterDefinition } from '../meter-definition.ts';
import { withCrc } from '../modbus/rtu-frame.ts';
import type { Endpoint, SerialEndpoint, Transport } from '../transport.ts';
import { imageOf, phaseCountOf } from './image.ts';
import { advanceLoad, startLoad } from './load.ts';
import { encodeMbap, MbapFrames } from './mbap-frames.ts';
import { RtuRequests } from './rtu-requests.ts';
import { answerPdu } from './slave.ts';
import { listenTcp } from './tcp-server.ts';

export type SimulatedMeterSettings = {
  readonly definition: MeterDefinition;
  readonly unit: number;
  /** TCP port 0 takes any free one. */
  readonly transport: Transport;
  readonly seed: number;
  /** Unix time: a simulated meter's load follows the hour. */
  readonly nowMs: () => number;
};

export type SimulatedMeter = {
  /** Where it serves, with the port that it got. */
  readonly transport: Transport;
  /** `ready eastron-sdm630 unit 1 on modbus-tcp 127.0.0.1:15020` */
  readonly ready: string;
  readonly close: () => Promise<void>;
};

/** The PDU that answers a request, or undefined where the request is for another unit. */
type Answering = (unit: number, pdu: Uint8Array) => Uint8Array | undefined;

// A slave knows the end of a broken frame by silence; a system under load cuts frames into pieces.
const frameSilenceMs = 50;

/** @throws TielineError where the port is not to be had */
export async function startSimulatedMeter(
  settings: SimulatedMeterSettings,
): Promise<SimulatedMeter> {
  const { definition, unit } = settings;
  const server = await serve(settings.transport, answering(settings));
  const ready = `ready ${definition.id} unit ${unit} on ${placeOf(server.transport)}`;
  return { ...server, ready };
}

function answering({ definition, unit, seed, nowMs }: SimulatedMeterSettings): Answering {
  let load = startLoad({ seed, phaseCount: phaseCountOf(definition), timeMs: nowMs() });
  return (askedUnit, pdu) => {
    if (askedUnit !== unit) return undefined;
    load = advanceLoad(load, nowMs());
    return answerPdu(pdu, imageOf(definition, load), definition);
  };
}

type Server = Omit<SimulatedMeter, 'ready'>;

async function serve(transport: Transport, answer: Answering): Promise<Server> {
  switch (transport.kind) {
    case 'modbus-tcp':
      return serveModbusTcp(transport, answer);
    case 'rtu-tcp':
      return serveRtuTcp(transport, answer);
    case 'modbus-rtu':
      return serveRtuSerial(transport, answer);
  }
}

async function serveModbusTcp(endpoint: Endpoint, answer: Answering): Promise<Server> {
  const { port, close } = await listenTcp(endpoint, (socket) => {
    const frames = new MbapFrames();
    socket.on('data', (bytes: Uint8Array) => {
      const requests = frames.push(bytes);
      if (requests === undefined) socket.destroy();
      for (const { transaction, unit, pdu } of requests ?? []) {
        const answered = answer(unit, pdu);
        if (answered !== undefined) socket.write(encodeMbap({ transaction, unit, pdu: answered }));
      }
    });
  });
  return { transport: { ...endpoint, kind: 'modbus-tcp', port }, close };
}

async function serveRtuTcp(endpoint: Endpoint, answer: Answering): Promise<Server> {
  const { port, close } = await listenTcp(endpoint, (socket) => {
    const slave = rtuSlave(answer);
    slave.attach(channelOf(socket, { bytes: slave.receive, closed: slave.close }));
  });
  return { transport: { ...endpoint, kind: 'rtu-tcp', port }, close };
}

async function serveRtuSerial(endpoint: SerialEndpoint, answer: Answering): Promise<Server> {
  const slave = rtuSlave(answer);
  const open = serialChannel(endpoint);
  const channel = await open({ bytes: slave.receive, closed: slave.close });
  slave.attach(channel);
  const close = async () => {
    slave.close();
    await channel.close();
  };
  return { transport: { ...endpoint, kind: 'modbus-rtu' }, close };
}

function rtuSlave(answer: Answering) {
  const requests = new RtuRequests();
  let channel: ByteChannel | undefined;
  let silence: NodeJS.Timeout | undefined;
  return {
    attach: (to: ByteChannel) => {
      channel = to;
    },
    receive: (bytes: Uint8Array) => {
      clearTimeout(silence);
      silence = setTimeout(() => requests.silence(), frameSilenceMs);
      for (const { unit, pdu } of requests.push(bytes)) {
        const answered = answer(unit, pdu);
        if (answered === undefined) continue;
        // A master that is gone needs no answer.
        void channel?.write(withCrc(Uint8Array.of(unit, ...answered))).catch(() => undefined);
      }
    },
    close: () => clearTimeout(silence),
  };
}

function placeOf(transport: Transport): string {
  if (transport.kind === 'modbus-rtu') {
    return `modbus-rtu ${transport.path} ${transport.baudRate} ${serialForm(transport)}`;
  }
  return `${transport.kind} ${transport.host}:${transport.port}`;
}
