// SPDX-License-Identifier: Apache-2.0
import { fromHex } from '../../base/bytes.ts';
import { checkPublicKey } from '../../base/key-check.ts';
import { type Command, required, textOf, usageError, type Values } from '../../host/command.ts';
import type { MembershipChange } from '../../sidechain/chain/membership.ts';
import { changeMembers, keyIdFrom, memberCalled } from '../change-members.ts';
import { loadGatewayConfig } from '../config.ts';
import { assertName, callable } from '../make-key.ts';
import type { GatewayStatus } from '../status.ts';

const name = 'members grant';

export const membersGrant: Command = {
  name,
  summary: 'Makes a gateway a member of the chain, with the key of an engineer.',
  usage: 'members grant --config FILE --key FILE --public-key HEX --name NAME [options]',
  options: {
    config: { value: 'FILE', description: 'gateway.yaml of a running gateway of the chain' },
    key: { value: 'FILE', description: 'of the engineer, as `tieline key --person` makes it' },
    'public-key': { value: 'HEX', description: 'of the new member, as `tieline join` shows it' },
    name: { value: 'NAME', description: 'what people call it' },
    address: { value: 'HOST:PORT', description: 'where the others reach it' },
    role: { value: 'ROLE', description: 'follower (by default), or voter: as soon as it can' },
    supersedes: { value: 'MEMBER', description: 'whose place it takes, who is revoked thereby' },
    json: { description: 'what was done as JSON' },
  },
  notes: `The new member gets the log and follows. \`tieline members promote\` lets it vote once it
has caught up; with --role voter it votes by itself then, and its co-signature counts at once.
Compare the public key with what the new gateway itself shows.`,
  run: async ({ values, print }) => {
    const { height } = await changeMembers({
      config: loadGatewayConfig(required(name, values, 'config')),
      keyPath: required(name, values, 'key'),
      change: (status) => grantOf(values, status),
    });
    const text = `granted at block ${height}: ${values.name}`;
    print(values.json === true ? JSON.stringify({ height }) : text);
    return 0;
  },
};

function grantOf(values: Values, status: GatewayStatus): MembershipChange {
  const publicKey = fromHex(required(name, values, 'public-key').toLowerCase());
  const checked = checkPublicKey(publicKey ?? new Uint8Array());
  if (!checked.ok) throw usageError(`--public-key is no key: ${checked.detail}`, name);
  const role = textOf(values, 'role') ?? 'follower';
  if (role !== 'follower' && role !== 'voter') {
    throw usageError(`--role is follower or voter, not \`${role}\``, name);
  }
  const called = required(name, values, 'name');
  assertName(called);
  const address = textOf(values, 'address');
  const superseded = textOf(values, 'supersedes');
  return {
    kind: 'grant',
    publicKey: checked.value,
    name: called,
    role,
    address: address === undefined ? null : callable(address),
    supersedes: superseded === undefined ? null : keyIdFrom(memberCalled(status, superseded).keyId),
  };
}
