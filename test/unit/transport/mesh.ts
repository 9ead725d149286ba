// SPDX-License-Identifier: Apache-2.0
// Members in this process, talking over real sockets on loopback, with ticks ten times as fast as outside.

import { onTestFinished } from 'vitest';
import { concat, toBase64 } from '../../../base/bytes.ts';
import { signerFromSeed } from '../../../base/keys.ts';
import type { Signer } from '../../../base/suite.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Lane } from '../../../sidechain/transport/lane.ts';
import { openTransport } from '../../../sidechain/transport/open-transport.ts';
import type {
  Address,
  ChannelMessage,
  Member,
  Transport,
  WireMessage,
} from '../../../sidechain/transport/transport.ts';

export const chainId = new Uint8Array(32).fill(0xc1);

export type Identity = { readonly signer: Signer; readonly keyPem: string };

const pkcs8 = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);

/** A gateway's key; `number` is its seed. */
export function identity(number: number): Identity {
  const seed = new Uint8Array(32).fill(number);
  const base64 = toBase64(concat(pkcs8, seed));
  const keyPem = `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
  return { signer: signerFromSeed(seed), keyPem };
}

export type Said = { readonly event: string } & Record<string, unknown>;

type OpenOptions = {
  readonly port?: number;
  readonly members?: readonly Member[];
  readonly chainId?: Uint8Array;
};

/** A member, what it got, and what it said. */
export class TestMember {
  readonly id: NodeId;
  readonly identity: Identity;
  readonly received: { readonly from: NodeId; readonly message: WireMessage }[] = [];
  readonly unreachable: NodeId[] = [];
  readonly said: Said[] = [];
  /** What the next messages wait for. */
  hold: (message: WireMessage) => Promise<void> | undefined = () => undefined;
  #transport: Transport | undefined;

  constructor(id: NodeId, own: Identity = identity(id)) {
    this.id = id;
    this.identity = own;
  }

  get transport(): Transport {
    if (this.#transport === undefined) throw new Error(`member ${this.id} is not open`);
    return this.#transport;
  }

  get address(): Address {
    return this.transport.status().address;
  }

  async open(options: OpenOptions = {}) {
    const say = (event: string, fields: Readonly<Record<string, unknown>>): void => {
      this.said.push({ ...fields, event });
    };
    let random = this.id;
    this.#transport = await openTransport({
      ...this.identity,
      chainId: options.chainId ?? chainId,
      listen: { host: '127.0.0.1', port: options.port ?? 0 },
      members: options.members ?? [],
      receiver: {
        message: (from, message) => {
          this.received.push({ from, message });
          return this.hold(message);
        },
        unreachable: (id) => this.unreachable.push(id),
      },
      log: { info: say, warn: say },
      random: () => {
        random = (random * 16_807) % 2_147_483_647;
        return random / 2_147_483_647;
      },
      every: (intervalMs, run) => {
        const timer = setInterval(run, intervalMs / 10);
        return () => clearInterval(timer);
      },
    });
    onTestFinished(() => this.close());
  }

  async close(): Promise<void> {
    await this.#transport?.close();
    this.#transport = undefined;
  }

  /** As the others know it. */
  asMember(address: Address = this.address): Member {
    return { id: this.id, publicKey: this.identity.signer.publicKey, address };
  }

  /** As they know it where it cannot be called. */
  asCaller(): Member {
    return { id: this.id, publicKey: this.identity.signer.publicKey, address: undefined };
  }

  isConnectedTo(id: NodeId): boolean {
    return this.transport.status().peers.some((peer) => peer.id === id && peer.isConnected);
  }

  peer(id: NodeId) {
    const peer = this.transport.status().peers.find((one) => one.id === id);
    if (peer === undefined) throw new Error(`member ${this.id} has no link to ${id}`);
    return peer;
  }
}

/** Members with these ids, each connected to each. */
export async function openMesh(...ids: readonly NodeId[]): Promise<readonly TestMember[]> {
  const mesh = ids.map((id) => new TestMember(id));
  for (const member of mesh) await member.open();
  introduce(mesh);
  await until(() => isMeshed(mesh));
  return mesh;
}

export function introduce(mesh: readonly TestMember[]): void {
  const members = mesh.map((member) => member.asMember());
  for (const member of mesh) member.transport.setMembers(members);
}

export function isMeshed(mesh: readonly TestMember[]): boolean {
  return mesh.every((one) => mesh.every((other) => one === other || one.isConnectedTo(other.id)));
}

/** Looks again and again; a test that waits in vain ends by its own time-out. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export function heartbeat(from: NodeId, to: NodeId, readRound = 0): WireMessage {
  return { kind: 'heartbeat', from, to, term: 1, commit: 0, readRound };
}

export function channelMessage(lane: Lane, body: Uint8Array): ChannelMessage {
  return { kind: 'channel', channel: 7, lane, body };
}
