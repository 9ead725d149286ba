// SPDX-License-Identifier: Apache-2.0
import { wallClockMs } from '../../host/clock.ts';
import { type Command, required } from '../../host/command.ts';
import { revokeClient } from '../broker/authority.ts';

export const brokerRevoke: Command = {
  name: 'broker revoke',
  summary: 'Shuts a gateway, or a dispatch node, out of the broker for good.',
  usage: 'broker revoke --dir DIR --client NAME',
  options: {
    dir: { value: 'DIR', description: 'of the authority, as `tieline broker init` made it' },
    client: { value: 'NAME', description: 'key id of the gateway, or name of the dispatch node' },
    json: { description: 'say what was done as JSON' },
  },
  notes: `Carry revoked.crl and access.acl to the broker, then kill -HUP: at once a connection that
is still open may do nothing any more, and no new one is made. What its chain holds is not
touched: to end a membership, see \`tieline members revoke --help\`.`,
  run: async ({ values, print }) => {
    const client = required('broker revoke', values, 'client');
    const done = await revokeClient(
      required('broker revoke', values, 'dir'),
      client,
      wallClockMs(),
    );
    print(values.json === true ? JSON.stringify({ client, done }) : `${done}: ${client}`);
    return 0;
  },
};
