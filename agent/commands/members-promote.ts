// SPDX-License-Identifier: Apache-2.0
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { type Command, required } from '../../host/command.ts';
import type { MembershipChange } from '../../sidechain/chain/membership.ts';
import { changeMembers, keyIdFrom, lagOf, memberCalled } from '../change-members.ts';
import { loadGatewayConfig } from '../config.ts';
import type { GatewayStatus } from '../status.ts';

const name = 'members promote';

export const membersPromote: Command = {
  name,
  summary: 'Lets a follower vote, with the key of an engineer, once it has caught up.',
  usage: 'members promote --config FILE --key FILE --member MEMBER',
  options: {
    config: { value: 'FILE', description: 'gateway.yaml of a running gateway of the chain' },
    key: { value: 'FILE', description: 'of the engineer, as `tieline key --person` makes it' },
    member: { value: 'MEMBER', description: 'its name or key id' },
    json: { description: 'what was done as JSON' },
  },
  run: async ({ values, print }) => {
    const member = required(name, values, 'member');
    const { height } = await changeMembers({
      config: loadGatewayConfig(required(name, values, 'config')),
      keyPath: required(name, values, 'key'),
      change: (status) => promotionOf(status, member),
    });
    const text = `promoted at block ${height}: ${member} votes as soon as Raft has it`;
    print(values.json === true ? JSON.stringify({ height }) : text);
    return 0;
  },
};

/** @throws TielineError `not-caught-up` (transient), with how far it is behind. */
function promotionOf(status: GatewayStatus, member: string): MembershipChange {
  const found = memberCalled(status, member);
  const lag = lagOf(status, found.keyId);
  if (lag !== undefined && lag <= limits.learnerLagMax) {
    return { kind: 'promote', keyId: keyIdFrom(found.keyId) };
  }
  const text =
    lag === undefined
      ? `${found.name} is not heard of: nobody knows whether it has the chain`
      : `${found.name} is ${lag} blocks behind`;
  throw new TielineError('not-caught-up', text, {
    retry: 'transient',
    hint: 'a voter that lacks the log holds the others up: wait until `tieline members` shows it',
  });
}
