// SPDX-License-Identifier: Apache-2.0
import { fromHex, toBase64, toHex } from '../../base/bytes.ts';
import { nodeSuite } from '../../base/node-suite.ts';
import type { Command } from '../../host/command.ts';
import { changeText, proposalView } from '../api/registry-view.ts';
import { fetchProposals, fetchRegistry, registryIn } from '../govern.ts';
import { apiOptions, apiPlaceOf } from './api-options.ts';

export const governList: Command = {
  name: 'dispatch govern list',
  summary: 'Lists the proposed changes of the registry that wait for votes.',
  usage: 'dispatch govern list [--api URL] [--token-file FILE] [--json]',
  options: { ...apiOptions, json: { description: 'say it as JSON' } },
  run: async ({ values, print }) => {
    const place = await apiPlaceOf(values);
    const proposals = await fetchProposals(place);
    if (values.json === true) {
      const items = proposals.map(({ open, ...rest }) => ({
        id: toHex(open.id),
        ...rest,
        ...proposalView(nodeSuite, open),
        proposal: toBase64(open.bytes),
      }));
      print(JSON.stringify(items));
      return 0;
    }
    if (proposals.length === 0) print('nothing waits for votes');
    const shown = await fetchRegistry(place);
    const mainLogId = fromHex(shown.mainLog.id) ?? new Uint8Array();
    const about = { registry: registryIn(shown), mainLogId };
    for (const { open, signedBy, needed } of proposals) {
      const { reason, changes } = open.proposal;
      print(
        `${toHex(open.id).slice(0, 16)}  ${signedBy.length} of ${needed}: ${signedBy.join(', ')}`,
      );
      if (reason !== '') print(`  because ${reason}`);
      for (const change of changes) print(`  ${changeText(nodeSuite, change, about)}`);
    }
    return 0;
  },
};
