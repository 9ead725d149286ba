// SPDX-License-Identifier: Apache-2.0
// A DL/T 645-2007 meter as one plays it: it answers for its address, refuses what it has not, and has
// a relay that its password opens.

import { assert } from '../../base/assert.ts';
import { concat, equal, fromHex } from '../../base/bytes.ts';
import type { ByteChannel } from '../bus/byte-channel.ts';
import { type DataBlock, type DataItem, encodeItem } from '../dlt645/data-items.ts';
import { control } from '../dlt645/exchange.ts';
import { anyAddress, encodeFrame, type Frame, findFrame, withPreamble } from '../dlt645/frame.ts';
import { relayOpenBit, relayOrder, statusWordIdentifier } from '../dlt645/relay-frame.ts';
import type { ByteSlave } from './byte-server.ts';

export type Dlt645SlaveSettings = {
  /** Twelve digits. */
  readonly address: string;
  readonly blocks: readonly DataBlock[];
  /** What an item shows now. */
  readonly mantissaOf: (item: DataItem) => number;
  readonly relay: SimulatedRelay;
};

export type SimulatedRelay = {
  /** Level and password, as they stand in a frame. */
  readonly password: Uint8Array;
  open: boolean;
};

const answerBit = 0x80;
const refusalBit = 0x40;
const noSuchData = 0x02;
const wrongPassword = 0x04;
const pendingMax = 1_024;

export function dlt645Slave(settings: Dlt645SlaveSettings): ByteSlave {
  let channel: ByteChannel | undefined;
  let pending: Uint8Array = new Uint8Array();
  return {
    attach: (to) => {
      channel = to;
    },
    receive: (bytes) => {
      pending = concat(pending, bytes).slice(-pendingMax);
      for (let search = findFrame(pending); search.kind !== 'open'; search = findFrame(pending)) {
        pending = search.kind === 'frame' ? pending.slice(search.end) : new Uint8Array();
        const answer = search.kind === 'frame' ? answerFrame(search.frame, settings) : undefined;
        if (answer === undefined) continue;
        // A master that is gone needs no answer.
        void channel?.write(withPreamble(encodeFrame(answer))).catch(() => undefined);
      }
    },
    close: () => undefined,
  };
}

/** undefined where the frame is for another meter, or none that is answered. */
export function answerFrame(request: Frame, settings: Dlt645SlaveSettings): Frame | undefined {
  const { address } = settings;
  if (request.address !== address && request.address !== anyAddress) return undefined;
  if ((request.control & answerBit) !== 0) return undefined;
  const answer = (data: Uint8Array): Frame => ({
    address,
    control: request.control | answerBit,
    data,
  });
  const refusal = (errorWord: number): Frame => ({
    address,
    control: request.control | answerBit | refusalBit,
    data: Uint8Array.of(errorWord),
  });
  switch (request.control) {
    case control.readAddress:
      return answer(reversed(address));
    case control.read: {
      const data = dataOf(request.data, settings);
      return data === undefined ? refusal(noSuchData) : answer(concat(request.data, data));
    }
    case control.switchRelay: {
      if (!equal(request.data.subarray(0, 4), settings.relay.password)) {
        return refusal(wrongPassword);
      }
      settings.relay.open = request.data[8] === relayOrder.trip;
      return answer(new Uint8Array());
    }
    default:
      return refusal(noSuchData);
  }
}

function dataOf(asked: Uint8Array, { blocks, mantissaOf, relay }: Dlt645SlaveSettings) {
  const isAsked = (identifier: string) => equal(reversed(identifier), asked);
  if (isAsked(statusWordIdentifier)) return Uint8Array.of(relay.open ? relayOpenBit : 0, 0);
  const block = blocks.find(({ identifier }) => isAsked(identifier));
  const item = blocks.flatMap(({ items }) => items).find(({ identifier }) => isAsked(identifier));
  const items = block?.items ?? (item === undefined ? undefined : [item]);
  return items && concat(...items.map((one) => encodeItem(one, mantissaOf(one))));
}

function reversed(digits: string): Uint8Array {
  const bytes = fromHex(digits);
  assert(bytes !== undefined, `${digits} are pairs of digits`);
  return bytes.toReversed();
}
