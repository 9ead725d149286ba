// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex } from '../../base/bytes.ts';
import { messageOf, TielineError } from '../../base/errors.ts';
import { type Command, required, usageError, type Values } from '../../host/command.ts';
import type { AssetReader } from '../../sidechain/chain/asset.ts';
import { makeAsset } from '../market/make-asset.ts';
import { hashOf, queueOf, say, sayingOf, sayNotes, sayOptions } from './market-say.ts';

const name = 'market offer';

export const marketOffer: Command = {
  name,
  summary: 'Puts an asset on the main log, its body sealed for those who may read it.',
  usage: `${name} --title TEXT --file FILE (--to NAME | --to-chain ID)… [--answers ID] [options]`,
  options: {
    title: { value: 'TEXT', description: 'what all may see of it' },
    file: { value: 'FILE', description: 'its body, 2048 bytes at most' },
    to: { value: 'NAME', multiple: true, description: 'an organisation that may read it' },
    'to-chain': { value: 'ID', multiple: true, description: 'a chain of your own that may' },
    answers: { value: 'ID', description: 'the asset that it answers' },
    chain: { value: 'ID', description: 'where a gateway of this chain signs, not a person' },
    ...sayOptions,
  },
  notes: `Every regulator of the log can read it, too.\n\n${sayNotes}`,
  run: async ({ values, print }) => {
    const saying = await sayingOf(name, values);
    const { mainLog, place, nowMs } = saying;
    const content = await makeAsset(place, {
      title: required(name, values, 'title'),
      body: await bodyIn(required(name, values, 'file')),
      readers: readersOf(values),
      answers: hashOf(name, values, 'answers'),
      chain: hashOf(name, values, 'chain'),
      mainLogId: mainLog.id,
      timeMs: nowMs,
      readersPath: join(queueOf(values), 'readers.json'),
    });
    return say(saying, { kind: 'asset', content }, { values, print });
  },
};

function readersOf(values: Values): readonly AssetReader[] {
  const organisations = listOf(values.to).map(
    (to) => ({ kind: 'organisation', name: to }) as const,
  );
  const chains = listOf(values['to-chain']).map((text) => {
    const id = fromHex(text);
    if (id?.length === 32) return { kind: 'chain', id } as const;
    throw usageError('--to-chain is an id of 64 hex digits', name);
  });
  const readers = [...organisations, ...chains];
  if (readers.length > 0) return readers;
  throw usageError('say who may read it with --to or --to-chain', name);
}

function listOf(value: Values[string]): readonly string[] {
  if (value === undefined || value === true) return [];
  return typeof value === 'string' ? [value] : value;
}

async function bodyIn(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new TielineError('file', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}
