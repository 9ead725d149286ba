// SPDX-License-Identifier: Apache-2.0
import { type Command, required, textOf } from '../../host/command.ts';
import { enrolChain } from '../enrol.ts';
import { apiOptions, apiPlaceOf } from './api-options.ts';

export const dispatchEnrol: Command = {
  name: 'dispatch enrol',
  summary: "Enrols a sidechain: signs its genesis with a person's key and hands it to the node.",
  usage: 'dispatch enrol --genesis FILE --key FILE [--api URL] [--name NAME] [--token-file FILE]',
  options: {
    genesis: { value: 'FILE', description: 'genesis.cbor, as `tieline init` makes it' },
    key: { value: 'FILE', description: 'key of a person with the role dispatch or local' },
    name: { value: 'NAME', description: 'what the network calls the chain' },
    ...apiOptions,
    json: { description: 'say what was done as JSON' },
  },
  run: async ({ values, print }) => {
    const enrolled = await enrolChain({
      ...(await apiPlaceOf(values)),
      genesisPath: required('dispatch enrol', values, 'genesis'),
      personKeyPath: required('dispatch enrol', values, 'key'),
      name: textOf(values, 'name'),
    });
    const { name, chainId, isNew } = enrolled;
    const text = `${isNew ? 'enrolled' : 'was enrolled before'}: ${name} ${chainId}`;
    print(values.json === true ? JSON.stringify(enrolled) : text);
    return 0;
  },
};
