// SPDX-License-Identifier: Apache-2.0
import { toHex } from '../../base/bytes.ts';
import { nodeSuite } from '../../base/node-suite.ts';
import { type Command, required } from '../../host/command.ts';
import { readKeyFile } from '../../host/key-file.ts';
import { changeText } from '../api/registry-view.ts';
import {
  fetchProposals,
  fetchRegistry,
  proposalNamed,
  readMainLog,
  registryIn,
  vote,
} from '../govern.ts';
import { apiOptions, apiPlaceOf } from './api-options.ts';
import { governedText } from './govern-propose.ts';

const name = 'dispatch govern vote';

export const governVote: Command = {
  name,
  summary: 'Votes for a proposed change of the registry.',
  usage: `${name} --proposal ID --key FILE --main-log FILE [options]`,
  options: {
    proposal: { value: 'ID', description: 'or how it begins, as `govern list` shows it' },
    key: { value: 'FILE', description: 'governance key of the organisation that votes' },
    'main-log': { value: 'FILE', description: 'main-log.json of the log that it is for' },
    ...apiOptions,
    json: { description: 'say what became of it as JSON' },
  },
  notes: 'What is voted for is printed from the bytes that the vote is for.',
  run: async ({ values, print }) => {
    const place = await apiPlaceOf(values);
    const mainLog = await readMainLog(required(name, values, 'main-log'));
    const signer = await readKeyFile(required(name, values, 'key'));
    const named = proposalNamed(await fetchProposals(place), required(name, values, 'proposal'));
    const registry = registryIn(await fetchRegistry(place));
    const governed = await vote(place, { proposal: named.open, mainLog, signer });
    if (values.json === true) {
      print(JSON.stringify({ proposal: toHex(named.open.id), ...governed }));
      return 0;
    }
    for (const change of named.open.proposal.changes) {
      print(`for    ${changeText(nodeSuite, change, { registry, mainLogId: mainLog.id })}`);
    }
    print(governedText(governed));
    return 0;
  },
};
