// SPDX-License-Identifier: Apache-2.0
// The other members of the chain, as the chain names them and as the configuration reaches them:
// every one must have an address, and nobody else may.

import { equal, toHex } from '../base/bytes.ts';
import { keyIdOf } from '../base/ids.ts';
import type { Suite } from '../base/suite.ts';
import { type Address, parseAddress } from './address.ts';
import type { GatewayConfig, PeerConfig } from './config.ts';
import type { Problem } from './config-problem.ts';

export type ChainMember = {
  readonly keyId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly name: string;
};

type Network = Pick<GatewayConfig, 'listen' | 'peers'>;

type Chain = {
  readonly members: readonly ChainMember[];
  /** Key id of this gateway. */
  readonly own: Uint8Array;
};

export function chainMember(
  suite: Suite,
  { publicKey, name }: { readonly publicKey: Uint8Array; readonly name: string },
): ChainMember {
  return { keyId: keyIdOf(suite, publicKey), publicKey, name };
}

/** What is wrong with `listen` and `peers`, for this chain. */
export function peerProblems({ listen, peers }: Network, chain: Chain): readonly Problem[] {
  const others = chain.members.filter(({ keyId }) => !equal(keyId, chain.own));
  const named = peers.map((peer) => membersCalled(peer.name, chain.members));
  const problems: Problem[] = peers.flatMap((_, i) => {
    const message = flawOf(named[i] ?? [], { earlier: named.slice(0, i), own: chain.own });
    if (message === undefined) return [];
    return [{ path: ['peers', i, 'name'], message, hint: `the others are ${namesOf(others)}` }];
  });
  const missing = others.filter((other) => !named.some((found) => found.includes(other)));
  if (missing.length > 0) {
    problems.push({
      path: ['peers'],
      message: `no address is given for ${namesOf(missing)}`,
      hint: 'each other member of the chain stands here with its `name` and `address: host:port`',
    });
  }
  if (others.length > 0 && listen === undefined) {
    const message = '`listen` is missing';
    problems.push({ path: [], message, hint: 'host:port where the other members reach it' });
  }
  return problems;
}

/** Where a member is reached, in a configuration without problems. */
export function addressOf(
  member: ChainMember,
  { peers }: Pick<Network, 'peers'>,
  members: readonly ChainMember[],
): Address | undefined {
  const peer = peers.find(({ name }) => membersCalled(name, members).includes(member));
  return peer && parseAddress(peer.address);
}

/** By key id, else by name, which several may share. */
function membersCalled(name: PeerConfig['name'], members: readonly ChainMember[]) {
  const byId = members.filter(({ keyId }) => toHex(keyId) === name.toLowerCase());
  return byId.length > 0 ? byId : members.filter((member) => member.name === name);
}

function flawOf(
  found: readonly ChainMember[],
  given: { readonly earlier: readonly (readonly ChainMember[])[]; readonly own: Uint8Array },
): string | undefined {
  const [member] = found;
  if (member === undefined) return 'no member of the chain is called so';
  if (found.length > 1) return 'several members are called so: give the key id';
  if (equal(member.keyId, given.own)) return 'this is the gateway itself';
  const isRepeated = given.earlier.some((one) => one.includes(member));
  return isRepeated ? 'a member that stands here already' : undefined;
}

function namesOf(members: readonly ChainMember[]): string {
  if (members.length === 0) return 'none: the chain has one member';
  return members.map(({ name, keyId }) => `${name} (${toHex(keyId)})`).join(', ');
}
