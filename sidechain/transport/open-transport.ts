// SPDX-License-Identifier: Apache-2.0
// The transport over TLS: one listener, and one link to each other member. Whoever does not hold a member's
// key is turned away before anything but the handshake has gone out.

import type { TLSSocket } from 'node:tls';
import { assert } from '../../base/assert.ts';
import { equal, toHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { Signer } from '../../base/suite.ts';
import type { NodeId } from '../raft/entry.ts';
import { peerKey, type TlsOptions, tlsOptions } from './credentials.ts';
import { Link, type LinkContext } from './link.ts';
import { type Listener, type ListenerEvents, listen } from './listener.ts';
import { SparingLog, type TransportLog } from './sparing-log.ts';
import type {
  Address,
  Member,
  Receiver,
  Transport,
  TransportStatus,
  WireMessage,
} from './transport.ts';

export type TransportOptions = {
  readonly signer: Signer;
  /** The same key, PKCS#8 in PEM: TLS needs the private half itself. */
  readonly keyPem: string;
  /** Members of another chain are refused. */
  readonly chainId: Uint8Array;
  /** Port 0: any that is free. */
  readonly listen: Address;
  readonly members: readonly Member[];
  readonly receiver: Receiver;
  readonly log: TransportLog;
  /** From 0 up to but without 1, evenly: spreads the calls. */
  readonly random: () => number;
  /** Runs something again and again until the function that it returns is called. */
  readonly every: (intervalMs: number, run: () => void) => () => void;
};

/**
 * Listens, and calls the other members from now on.
 * @throws TielineError `transport-key`, `transport-listen`
 */
export async function openTransport(options: TransportOptions): Promise<Transport> {
  const transport = new TlsTransport(options, tlsOptions(options.signer, options.keyPem));
  await transport.open();
  return transport;
}

class TlsTransport implements Transport {
  readonly #options: TransportOptions;
  readonly #tls: TlsOptions;
  /** Of its own, so that strangers silence nobody but strangers. */
  readonly #strangersLog: SparingLog;
  readonly #context: LinkContext;
  /** By key, in hex. */
  readonly #links = new Map<string, Link>();
  readonly #linksById = new Map<NodeId, Link>();
  readonly #strangers: Record<string, number> = {};
  #listener: Listener | undefined;
  #stopTicking: () => void = () => {};
  #ownId: NodeId | undefined;

  constructor(options: TransportOptions, tls: TlsOptions) {
    const { signer, chainId, receiver, random } = options;
    this.#options = options;
    this.#tls = tls;
    this.#strangersLog = new SparingLog(options.log);
    this.#context = {
      chainId,
      ownKey: signer.publicKey,
      ownId: () => this.#ownId,
      tls,
      receiver,
      log: new SparingLog(options.log),
      random,
    };
  }

  async open(): Promise<void> {
    const events: ListenerEvents = {
      secured: (socket) => this.#greet(socket),
      failed: (from, reason, detail) => this.#turnedAway(from, reason, detail),
    };
    this.#listener = await listen(this.#options.listen, this.#tls, events);
    this.setMembers(this.#options.members);
    this.#stopTicking = this.#options.every(limits.transportTickMs, () => this.#tick());
  }

  setMembers(members: readonly Member[]): void {
    const { publicKey } = this.#options.signer;
    const others = members.filter((member) => !equal(member.publicKey, publicKey));
    const byKey = new Map(others.map((member) => [toHex(member.publicKey), member]));
    const idCount = new Set(members.map(({ id }) => id)).size;
    assert(byKey.size === others.length, 'a key is the key of one member');
    assert(idCount === members.length, 'an id is the id of one member');
    this.#ownId = members.find((member) => equal(member.publicKey, publicKey))?.id;
    for (const [key, link] of this.#links) {
      if (byKey.get(key)?.id === link.id) continue;
      this.#links.delete(key);
      link.close('no longer a member');
    }
    this.#linksById.clear();
    for (const [key, member] of byKey) {
      const link = this.#links.get(key) ?? new Link(this.#context, member);
      link.update(member);
      this.#links.set(key, link);
      this.#linksById.set(member.id, link);
    }
  }

  send(to: NodeId, message: WireMessage): boolean {
    if (message.kind !== 'channel') {
      assert(message.to === to, 'a message goes to whom it is addressed to');
      if (message.from !== this.#ownId) return false;
    }
    return this.#linksById.get(to)?.send(message) ?? false;
  }

  status(): TransportStatus {
    return {
      address: this.#listener?.address ?? this.#options.listen,
      peers: [...this.#links.values()].map((link) => link.status()),
      strangers: { ...this.#strangers },
    };
  }

  async close(): Promise<void> {
    this.#stopTicking();
    this.setMembers([]);
    await this.#listener?.close();
  }

  #tick(): void {
    this.#strangersLog.tick();
    this.#context.log.tick();
    for (const link of this.#links.values()) link.tick();
  }

  #greet(socket: TLSSocket): void {
    const key = peerKey(socket);
    const link = key === undefined ? undefined : this.#links.get(toHex(key));
    if (link !== undefined) {
      link.greet(socket);
      return;
    }
    this.#turnedAway(socket.remoteAddress, 'key', 'it holds no member’s key');
    socket.on('error', () => {});
    socket.destroy();
  }

  #turnedAway(from: string | undefined, reason: string, detail: string): void {
    this.#strangers[reason] = (this.#strangers[reason] ?? 0) + 1;
    const fields = { address: from, reason, detail };
    this.#strangersLog.say('warn', 'stranger-refused', `${from} ${reason}`, fields);
  }
}
