// SPDX-License-Identifier: Apache-2.0
// Somebody who connects to a member by TLS and then says what no transport of ours would.

import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { toPem } from '../../../base/pem.ts';
import { certificateOf } from '../../../sidechain/transport/certificate.ts';
import type { Lane } from '../../../sidechain/transport/lane.ts';
import { encodeHello } from '../../../sidechain/transport/message-codec.ts';
import type { Address } from '../../../sidechain/transport/transport.ts';
import { chainId, type Identity, until } from './mesh.ts';

/** What a member shows. */
export function memberTls({ signer, keyPem }: Identity): ConnectionOptions {
  return {
    key: keyPem,
    cert: toPem('CERTIFICATE', certificateOf(signer)),
    ALPNProtocols: ['tieline-sidechain/1'],
  };
}

export class RawPeer {
  readonly socket: TLSSocket;
  readonly received: number[] = [];
  isClosed = false;
  isSecure = false;

  constructor(address: Address, options: ConnectionOptions) {
    this.socket = connect({ ...address, rejectUnauthorized: false, ...options });
    this.socket.on('secureConnect', () => {
      this.isSecure = true;
    });
    this.socket.on('data', (chunk: Uint8Array) => this.received.push(...chunk));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  /** Says hello as a member does, and waits for the answer. */
  static async greeted(address: Address, identity: Identity, lane: Lane): Promise<RawPeer> {
    const peer = new RawPeer(address, memberTls(identity));
    const hello = encodeHello({ chainId, lane, session: 1 });
    peer.socket.write(hello);
    await until(() => peer.received.length >= hello.length);
    return peer;
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  async closed(): Promise<void> {
    await until(() => this.isClosed);
  }
}
