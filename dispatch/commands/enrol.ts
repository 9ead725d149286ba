// SPDX-License-Identifier: Apache-2.0
import type { Signer } from '../../base/suite.ts';
import { type Command, type Invocation, required, textOf, usageError } from '../../host/command.ts';
import { readKeyFile } from '../../host/key-file.ts';
import { progressLine } from '../../host/progress-line.ts';
import type { ApiPlace } from '../api-client.ts';
import { enrolChain } from '../enrol.ts';
import { enrolMany, readEnrolDirectory, readEnrolList } from '../enrol-many.ts';
import { apiOptions, apiPlaceOf } from './api-options.ts';

const command = 'dispatch enrol';
const sources = ['genesis', 'list', 'directory'] as const;

export const dispatchEnrol: Command = {
  name: command,
  summary: "Enrols sidechains: signs each genesis with a person's key and hands it to the node.",
  usage: `${command} (--genesis FILE | --list FILE | --directory DIR) --key FILE [options]`,
  options: {
    genesis: { value: 'FILE', description: 'genesis.cbor, as `tieline init` makes it' },
    list: { value: 'FILE', description: 'many: a line each, FILE or FILE,NAME' },
    directory: { value: 'DIR', description: 'many: each file *.cbor in it' },
    key: { value: 'FILE', description: 'key of a person with the role dispatch or local' },
    name: { value: 'NAME', description: 'of one: what the network calls the chain' },
    ...apiOptions,
    json: { description: 'say what was done as JSON' },
  },
  notes: `A file in a list is named as seen from the list; lines with # are left out. Of many, each
counts by itself: what fails is named in the end, with the reason, and keeps no other back. A
centre that is away is waited for. What is enrolled already stays so: to go on after an
interruption, or when what failed is mended, give the same list again. Exit code 0: all are
enrolled; 1: some are not.`,
  run: async (invocation) => {
    const { values } = invocation;
    const given = sources.filter((source) => values[source] !== undefined);
    if (given.length !== 1) {
      throw usageError('name one of --genesis, --list and --directory', command);
    }
    const place = await apiPlaceOf(values);
    const signer = await readKeyFile(required(command, values, 'key'));
    return given[0] === 'genesis'
      ? enrolOne(invocation, { place, signer })
      : enrolSeveral(invocation, { place, signer });
  },
};

type By = { readonly place: ApiPlace; readonly signer: Signer };

async function enrolOne({ values, print }: Invocation, { place, signer }: By): Promise<number> {
  const enrolled = await enrolChain({
    ...{ ...place, signer, name: textOf(values, 'name') },
    genesisPath: required(command, values, 'genesis'),
  });
  const { name, chainId, isNew } = enrolled;
  const text = `${isNew ? 'enrolled' : 'was enrolled before'}: ${name} ${chainId}`;
  print(values.json === true ? JSON.stringify(enrolled) : text);
  return 0;
}

async function enrolSeveral(
  { values, print, ending }: Invocation,
  { place, signer }: By,
): Promise<number> {
  if (values.name !== undefined) {
    throw usageError('--name is for one chain; a list has a name after each file', command);
  }
  const list = textOf(values, 'list');
  const wanted = await (list === undefined
    ? readEnrolDirectory(required(command, values, 'directory'))
    : readEnrolList(list));
  const isJson = values.json === true;
  const tell = progressLine({ isOn: !isJson });
  const report = await enrolMany(wanted, {
    ...{ place, signer, ending },
    onProgress: ({ done, of, failed }) => {
      tell(`${done} of ${of} chains${failed === 0 ? '' : `, ${failed} failed`}`);
    },
  }).finally(() => tell(undefined));
  const { enrolled, before, failed, left } = report;
  if (isJson) print(JSON.stringify(report));
  else {
    for (const { file, detail } of failed) print(`failed    ${file}: ${detail}`);
    const rest = left === 0 ? '' : `, ${left} not come to: give the same again`;
    print(`enrolled  ${enrolled}, ${before} were before, ${failed.length} failed${rest}`);
  }
  return failed.length === 0 && left === 0 ? 0 : 1;
}
