// SPDX-License-Identifier: Apache-2.0
import { type Command, required } from '../../host/command.ts';
import { askStatus } from '../ask-gateway.ts';
import { loadGatewayConfig } from '../config.ts';
import { linksGraph, linksText, memberRows, membersText } from '../members-text.ts';

export const members: Command = {
  name: 'members',
  summary: 'Lists the members of the chain of a running gateway on this machine.',
  usage: 'members --config FILE [--links | --dot | --json]',
  options: {
    config: { value: 'FILE', description: 'gateway.yaml of the gateway' },
    links: { description: 'who is connected to whom, as each says itself' },
    dot: { description: 'the same as a graph for Graphviz' },
    json: { description: 'all of it, as JSON' },
  },
  notes:
    '`tieline members grant`, `promote` and `revoke` change them, with the key of an engineer.',
  run: async ({ values, print }) => {
    const status = await askStatus(loadGatewayConfig(required('members', values, 'config')));
    const { version, isFixed } = status.ledger.membership;
    const rows = memberRows(status);
    if (values.json === true) print(JSON.stringify({ version, isFixed, members: rows }));
    else if (values.dot === true) print(linksGraph(status));
    else print(values.links === true ? linksText(status) : membersText(status));
    return 0;
  },
};
