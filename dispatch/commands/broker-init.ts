// SPDX-License-Identifier: Apache-2.0
import { type Command, required } from '../../host/command.ts';
import { brokerFiles, makeAuthority } from '../broker/authority.ts';

export const brokerInit: Command = {
  name: 'broker init',
  summary: "Makes the authority of a broker and the broker's own certificate.",
  usage: 'broker init --dir DIR --host NAME[,NAME…]',
  options: {
    dir: { value: 'DIR', description: 'where; made if it is not there' },
    host: { value: 'NAME,…', description: 'names and IPv4 addresses under which it is reached' },
    json: { description: 'say what was made as JSON' },
  },
  notes: `Run again, it keeps the authority and all clients, and certifies the broker for the hosts
given.
deploy/mosquitto/mosquitto.conf is a configuration of mosquitto that uses this directory.`,
  run: async ({ values, print }) => {
    const dir = required('broker init', values, 'dir');
    const hosts = required('broker init', values, 'host').split(',').filter(Boolean);
    await makeAuthority(dir, hosts);
    const { authorityKey, authority, serverKey, server, revoked, accessList } = brokerFiles(dir);
    const forBroker = [authority, server, serverKey, revoked, accessList];
    if (values.json === true) {
      print(JSON.stringify({ authorityKey, forBroker }));
      return 0;
    }
    print(`authority ${authorityKey}: keep it where no broker runs`);
    print(`broker    ${forBroker.join('\n          ')}`);
    print(`next      tieline broker admit --dir ${dir} --dispatch dispatch-1`);
    print(`          tieline broker admit --dir ${dir} --genesis genesis.cbor`);
    return 0;
  },
};
