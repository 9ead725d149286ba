// SPDX-License-Identifier: Apache-2.0
// The other members of the chain, as the chain names them and as the configuration reaches them. The
// chain may say itself where a member is reached; what the configuration says counts before that.

import { equal, toHex } from '../base/bytes.ts';
import { type Address, parseAddress } from './address.ts';
import type { GatewayConfig, PeerConfig } from './config.ts';
import type { Problem } from './config-problem.ts';

export type NamedMember = {
  readonly keyId: Uint8Array;
  readonly name: string;
  /** As the chain has it. */
  readonly address: string | null;
  readonly revoked: boolean;
  /** Block that made it a member; 0 for those of the genesis. */
  readonly sinceHeight: number;
};

type Network = Pick<GatewayConfig, 'listen' | 'peers'>;

type Chain = {
  /** All there ever were. */
  readonly members: readonly NamedMember[];
  /** Key id of this gateway. */
  readonly own: Uint8Array;
};

/** What is wrong with `listen` and `peers`, for this chain. */
export function peerProblems({ listen, peers }: Network, chain: Chain): readonly Problem[] {
  const { members, own } = chain;
  const isOwn = ({ keyId }: NamedMember): boolean => equal(keyId, own);
  const others = members.filter((member) => !member.revoked && !isOwn(member));
  // Whose copy of the chain does not reach to its own grant may not know all of them yet.
  const isComplete = members.some(isOwn);
  const named = peers.map((peer) => membersCalled(peer.name, members));
  const problems: Problem[] = peers.flatMap((_, i) => {
    const message = flawOf(named[i] ?? [], { earlier: named.slice(0, i), own, isComplete });
    if (message === undefined) return [];
    return [{ path: ['peers', i, 'name'], message, hint: `the others are ${namesOf(others)}` }];
  });
  const missing = others.filter(
    (other) => !hasAddress(other) && !named.some((found) => found.includes(other)),
  );
  // Who came later has been told where the others are: it calls.
  const isFlaw = isComplete
    ? missing.some(({ sinceHeight }) => sinceHeight === 0)
    : missing.length === others.length;
  if (isFlaw) {
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

/** Where a member is reached; undefined where nobody has said. */
export function addressOf(
  member: NamedMember,
  { peers }: Pick<Network, 'peers'>,
  members: readonly NamedMember[],
): Address | undefined {
  const isMeant = (one: NamedMember): boolean => equal(one.keyId, member.keyId);
  const peer = peers.find(({ name }) => membersCalled(name, members).some(isMeant));
  return parseAddress(peer?.address ?? member.address ?? '');
}

function hasAddress({ address }: NamedMember): boolean {
  return address !== null && parseAddress(address) !== undefined;
}

/** By key id, else by name, which several may share; whoever was revoked gave its name free. */
function membersCalled(name: PeerConfig['name'], members: readonly NamedMember[]) {
  const byId = members.filter(({ keyId }) => toHex(keyId) === name.toLowerCase());
  if (byId.length > 0) return byId;
  const byName = members.filter((member) => member.name === name);
  const active = byName.filter(({ revoked }) => !revoked);
  return active.length > 0 ? active : byName.slice(0, 1);
}

function flawOf(
  found: readonly NamedMember[],
  given: {
    readonly earlier: readonly (readonly NamedMember[])[];
    readonly own: Uint8Array;
    readonly isComplete: boolean;
  },
): string | undefined {
  const [member] = found;
  if (member === undefined) {
    return given.isComplete ? 'no member of the chain is called so' : undefined;
  }
  if (found.length > 1) return 'several members are called so: give the key id';
  if (equal(member.keyId, given.own)) return 'this is the gateway itself';
  const isRepeated = given.earlier.some((one) => one.includes(member));
  return isRepeated ? 'a member that stands here already' : undefined;
}

function namesOf(members: readonly NamedMember[]): string {
  if (members.length === 0) return 'none: the chain has one member';
  return members.map(({ name, keyId }) => `${name} (${toHex(keyId)})`).join(', ');
}
