// SPDX-License-Identifier: Apache-2.0
// The transport of one life of a member, over the simulated network. As the real one it stops
// reading a lane of a member that the node asks to wait for, and tells once a tick, at most, of
// whom something was lost to.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import { laneOf } from '../../../sidechain/transport/lane.ts';
import type { Receiver, Transport, WireMessage } from '../../../sidechain/transport/transport.ts';
import type { Parcel } from './parcel.ts';

export type WirePorts = {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  readonly receiver: Receiver;
  readonly send: (parcel: Parcel) => void;
};

/** What waits for a node that does not read on; more is lost. */
const waitingMax = 500;

export class Wire implements Transport {
  readonly #ports: WirePorts;
  /** Lanes that are not read on, with what waits there. */
  readonly #held = new Map<string, Parcel[]>();
  readonly #lost = new Set<NodeId>();
  #isClosed = false;

  constructor(ports: WirePorts) {
    this.#ports = ports;
  }

  readonly setMembers = (): void => {};

  readonly send = (to: NodeId, message: WireMessage): boolean => {
    const { id, peers, send } = this.#ports;
    if (this.#isClosed || !peers.includes(to)) return false;
    send({ from: id, to, message });
    return true;
  };

  readonly status = () => ({
    address: { host: 'simulated', port: this.#ports.id },
    strangers: {},
    peers: this.#ports.peers.map((id) => ({
      id,
      isConnected: true,
      calledBy: 'us' as const,
      connects: 1,
      sent: 0,
      received: 0,
      dropped: { control: 0, log: 0, bulk: 0 },
      refused: {},
    })),
  });

  readonly close = async (): Promise<void> => {
    this.#isClosed = true;
  };

  /** Something has come in. */
  deliver(parcel: Parcel): void {
    const lane = `${parcel.from} ${laneOf(parcel.message)}`;
    const waiting = this.#held.get(lane);
    if (waiting === undefined) this.#hand(parcel, lane);
    else if (waiting.length < waitingMax) waiting.push(parcel);
  }

  lost(to: NodeId): void {
    this.#lost.add(to);
  }

  /** Tells what was lost since the last time. */
  tick(): void {
    for (const id of this.#lost) this.#ports.receiver.unreachable(id);
    this.#lost.clear();
  }

  #hand({ from, message }: Parcel, lane: string): void {
    const taken = this.#ports.receiver.message(from, message);
    if (taken === undefined) return;
    this.#held.set(lane, []);
    void taken.then(() => {
      const waiting = this.#held.get(lane) ?? [];
      this.#held.delete(lane);
      for (const parcel of waiting) this.deliver(parcel);
    });
  }
}
