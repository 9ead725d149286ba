// SPDX-License-Identifier: Apache-2.0
// A simulated meter: load → image → slave → server. It answers for one unit and is silent for all
// others.

import { TielineError } from '../../base/errors.ts';
import type { ByteChannel } from '../bus/byte-channel.ts';
import { serialForm } from '../bus/wire-time.ts';
import type { AnyMeter } from '../index.ts';
import type { MeterDefinition } from '../meter-definition.ts';
import { withCrc } from '../modbus/rtu-frame.ts';
import type { ProtocolMeter } from '../protocol-meter.ts';
import type { Endpoint, Transport } from '../transport.ts';
import { type ByteServer, type ByteSlave, serveBytes } from './byte-server.ts';
import { imageOf, phaseCountOf } from './image.ts';
import { advanceLoad, startLoad } from './load.ts';
import { encodeMbap, MbapFrames } from './mbap-frames.ts';
import { type PlantSettings, PlantSlave } from './plant-slave.ts';
import { protocolSlaves, simulatedAddresses } from './protocol-slaves.ts';
import { RtuRequests } from './rtu-requests.ts';
import { answerPdu } from './slave.ts';
import { listenTcp } from './tcp-server.ts';

export type SimulatedMeterSettings = {
  readonly definition: AnyMeter;
  /** Modbus unit id. */
  readonly unit: number;
  /** What stands on a meter of another protocol. */
  readonly address?: string | undefined;
  /** Of a P1 port that encrypts. */
  readonly key?: readonly Uint8Array[] | undefined;
  /** Of a meter of IEC 62056-21, by default C. */
  readonly mode?: 'A' | 'C' | undefined;
  /** Where the registers of a SunSpec device begin, and the one model that limits it, where not both do. */
  readonly plant?: PlantSettings | undefined;
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
  if ('protocol' in definition) return startProtocolMeter(definition, settings);
  const answer =
    'registers' in definition ? answering(definition, settings) : plantAnswering(settings);
  const server = await serve(settings.transport, answer);
  const ready = `ready ${definition.id} unit ${unit} on ${placeOf(server.transport)}`;
  return { ...server, ready };
}

async function startProtocolMeter(
  meter: ProtocolMeter,
  { transport, address, key, mode = 'C', seed, nowMs }: SimulatedMeterSettings,
): Promise<SimulatedMeter> {
  if (transport.kind === 'modbus-tcp') {
    throw new TielineError('usage', `${meter.id} does not speak Modbus`, {
      hint: 'give --rtu-tcp host:port, or --serial path',
    });
  }
  const known = address ?? simulatedAddresses[meter.protocol];
  const server = await serveBytes(
    transport,
    protocolSlaves({ meter, address: known, key, mode, seed, nowMs }),
  );
  const place = placeOf(server.transport).replace(/^\S+/, meter.protocol);
  const who = known === '' ? meter.id : `${meter.id} ${known}`;
  return { ...server, ready: `ready ${who} on ${place}` };
}

function answering(
  definition: MeterDefinition,
  { unit, seed, nowMs }: SimulatedMeterSettings,
): Answering {
  let load = startLoad({ seed, phaseCount: phaseCountOf(definition), timeMs: nowMs() });
  return (askedUnit, pdu) => {
    if (askedUnit !== unit) return undefined;
    load = advanceLoad(load, nowMs());
    return answerPdu(pdu, imageOf(definition, load), definition);
  };
}

function plantAnswering({ unit, plant, seed, nowMs }: SimulatedMeterSettings): Answering {
  const slave = new PlantSlave({ ...plant, seed, timeMs: nowMs() });
  return (askedUnit, pdu) => (askedUnit === unit ? slave.answer(pdu, nowMs()) : undefined);
}

async function serve(transport: Transport, answer: Answering): Promise<ByteServer> {
  switch (transport.kind) {
    case 'modbus-tcp':
      return serveModbusTcp(transport, answer);
    default:
      return serveBytes(transport, () => rtuSlave(answer));
  }
}

async function serveModbusTcp(endpoint: Endpoint, answer: Answering): Promise<ByteServer> {
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

function rtuSlave(answer: Answering): ByteSlave {
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
