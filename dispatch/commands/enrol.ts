// SPDX-License-Identifier: Apache-2.0
import { fromUtf8 } from '../../base/bytes.ts';
import { type Command, required, textOf } from '../../host/command.ts';
import { readSecretFile } from '../../host/files.ts';
import { enrolChain } from '../enrol.ts';

export const dispatchEnrol: Command = {
  name: 'dispatch enrol',
  summary: "Enrols a sidechain: signs its genesis with a person's key and hands it to the node.",
  usage: 'dispatch enrol --genesis FILE --key FILE [--api URL] [--name NAME] [--token-file FILE]',
  options: {
    genesis: { value: 'FILE', description: 'genesis.cbor, as `tieline init` makes it' },
    key: { value: 'FILE', description: 'key of a person with the role dispatch or local' },
    api: { value: 'URL', description: 'of the dispatch node, by default http://127.0.0.1:8080' },
    name: { value: 'NAME', description: 'what the network calls the chain' },
    'token-file': { value: 'FILE', description: 'holds a token of the API, where it asks for one' },
    json: { description: 'say what was done as JSON' },
  },
  run: async ({ values, print }) => {
    const enrolled = await enrolChain({
      apiUrl: textOf(values, 'api') ?? 'http://127.0.0.1:8080',
      genesisPath: required('dispatch enrol', values, 'genesis'),
      personKeyPath: required('dispatch enrol', values, 'key'),
      name: textOf(values, 'name'),
      token: await readToken(textOf(values, 'token-file')),
    });
    const { name, chainId, isNew } = enrolled;
    const text = `${isNew ? 'enrolled' : 'was enrolled before'}: ${name} ${chainId}`;
    print(values.json === true ? JSON.stringify(enrolled) : text);
    return 0;
  },
};

async function readToken(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : fromUtf8(await readSecretFile(path))?.trim();
}
