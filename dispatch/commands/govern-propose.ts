// SPDX-License-Identifier: Apache-2.0
import {
  type Command,
  required,
  textOf,
  usageError,
  type Values,
  wholeNumber,
} from '../../host/command.ts';
import { readKeyFile } from '../../host/key-file.ts';
import type { RegistryChange } from '../../sidechain/chain/main-registry-change.ts';
import { parseChange } from '../api/registry-view.ts';
import { type Governed, propose, readChanges, readMainLog } from '../govern.ts';
import { logKeysChange, offersIn } from '../offer-key.ts';
import { apiOptions, apiPlaceOf } from './api-options.ts';

const name = 'dispatch govern propose';

export const governPropose: Command = {
  name,
  summary: 'Proposes a change of the registry, and votes for it thereby.',
  usage: `${name} --key FILE --main-log FILE (--person NAME | --organisation NAME | … ) [options]`,
  options: {
    key: { value: 'FILE', description: 'governance key of the organisation that proposes' },
    'main-log': { value: 'FILE', description: 'main-log.json of the log that it is for' },
    person: { value: 'NAME', description: 'add a person, or replace the one with that key' },
    organisation: { value: 'NAME', description: 'add an organisation or replace it' },
    'remove-person': { value: 'KEYID', description: 'take all rights from a person' },
    'remove-organisation': { value: 'NAME', description: 'remove it with its persons' },
    'log-keys': {
      value: 'FILES',
      description: 'change the keys of the log: offers of `dispatch offer-key`, by commas',
    },
    threshold: {
      value: 'N',
      description: 'of those keys, how many must sign; by default the least that may',
    },
    'public-key': {
      value: 'HEX',
      description: 'of the person; or by which the organisation votes',
    },
    roles: { value: 'ROLES', description: 'dispatch, local, regulator, plant, market; by commas' },
    of: { value: 'NAME', description: 'the organisation of the person' },
    changes: { value: 'FILE', description: 'several changes at once, as --json shows them' },
    reason: { value: 'TEXT', description: 'for those who are to vote' },
    ...apiOptions,
    json: { description: 'say what became of it as JSON' },
  },
  notes: `More than two thirds of the organisations that vote have to sign it: the others do so by
\`tieline dispatch govern vote\`. One that only removes persons of its own is taken at once.`,
  run: async ({ values, print }) => {
    const changes = await changesOf(values);
    const mainLog = await readMainLog(required(name, values, 'main-log'));
    const offers = await offersIn(textOf(values, 'log-keys'));
    const threshold = wholeNumber(name, values, { name: 'threshold', min: 1, max: 10 });
    const keys = offers && [logKeysChange({ mainLog, offers, threshold })];
    const governed = await propose(await apiPlaceOf(values), {
      changes: [...changes, ...(keys ?? [])],
      reason: textOf(values, 'reason') ?? '',
      mainLog,
      signer: await readKeyFile(required(name, values, 'key')),
    });
    print(values.json === true ? JSON.stringify(governed) : governedText(governed));
    return 0;
  },
};

export function governedText(governed: Governed): string {
  if (governed.status === 'taken') {
    return `taken: the registry has version ${governed.version}, leaf ${governed.logIndex}`;
  }
  const { id, signedBy, needed } = governed;
  const names = signedBy.join(', ');
  return `waits: ${id.slice(0, 16)}, ${signedBy.length} of ${needed} have signed: ${names}`;
}

async function changesOf(values: Values): Promise<readonly RegistryChange[]> {
  const file = textOf(values, 'changes');
  const single = singleChange(values);
  if (file !== undefined && single !== undefined) {
    throw usageError('--changes says all of it: no other change beside it', name);
  }
  if (file !== undefined) return readChanges(file);
  if (single === undefined && textOf(values, 'log-keys') !== undefined) return [];
  if (single === undefined) {
    throw usageError(
      'say what is to change: --person, --organisation, --log-keys, --remove-…',
      name,
    );
  }
  const change = parseChange(single);
  if (change.ok) return [change.value];
  throw usageError(change.detail, name);
}

function singleChange(values: Values): object | undefined {
  const kinds = ['person', 'organisation', 'remove-person', 'remove-organisation'] as const;
  const given = kinds.filter((kind) => textOf(values, kind) !== undefined);
  const [kind] = given;
  if (given.length > 1) throw usageError('one change at a time, or --changes', name);
  const roles = (textOf(values, 'roles') ?? '').split(',').filter((role) => role !== '');
  switch (kind) {
    case 'person': {
      const publicKey = required(name, values, 'public-key');
      const organisation = required(name, values, 'of');
      return { kind, name: textOf(values, kind), roles, organisation, publicKey };
    }
    case 'organisation': {
      const governanceKey = textOf(values, 'public-key') ?? null;
      return { kind, name: textOf(values, kind), roles, governanceKey };
    }
    case 'remove-person':
      return { kind, keyId: textOf(values, kind) };
    case 'remove-organisation':
      return { kind, name: textOf(values, kind) };
    default:
      return undefined;
  }
}
