// SPDX-License-Identifier: Apache-2.0
import { type Command, required } from '../../host/command.ts';
import type { MembershipChange } from '../../sidechain/chain/membership.ts';
import { assertOthersSuffice, changeMembers, keyIdFrom, memberCalled } from '../change-members.ts';
import { loadGatewayConfig } from '../config.ts';
import type { GatewayStatus } from '../status.ts';

const name = 'members revoke';

export const membersRevoke: Command = {
  name,
  summary: 'Ends the membership of a gateway, with the key of an engineer.',
  usage: 'members revoke --config FILE --key FILE --member MEMBER [--force]',
  options: {
    config: { value: 'FILE', description: 'gateway.yaml of a running gateway of the chain' },
    key: { value: 'FILE', description: 'of the engineer, as `tieline key --person` makes it' },
    member: { value: 'MEMBER', description: 'its name or key id' },
    force: { description: 'also where too few of the voters that are left can be reached' },
    json: { description: 'what was done as JSON' },
  },
  notes: 'It cannot be undone: the gateway takes part again with a new key only.',
  run: async ({ values, print }) => {
    const member = required(name, values, 'member');
    const isForced = values.force === true;
    const { height } = await changeMembers({
      config: loadGatewayConfig(required(name, values, 'config')),
      keyPath: required(name, values, 'key'),
      change: (status) => revocationOf(status, member, isForced),
    });
    print(
      values.json === true ? JSON.stringify({ height }) : `revoked at block ${height}: ${member}`,
    );
    return 0;
  },
};

/** @throws TielineError `too-few-voters` */
function revocationOf(status: GatewayStatus, member: string, isForced: boolean): MembershipChange {
  const { keyId } = memberCalled(status, member);
  if (!isForced) assertOthersSuffice(status, keyId);
  return { kind: 'revoke', keyId: keyIdFrom(keyId) };
}
