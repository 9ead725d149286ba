// SPDX-License-Identifier: Apache-2.0
// A consortium in earnest: each organisation makes its own keys and introduces itself; the first of them
// signs the genesis that follows from all introductions; and each checks that by itself before it makes
// its node. No secret key leaves the machine it was made on.

import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { equal, fromBase64, toHex } from '../base/bytes.ts';
import { messageOf, TielineError } from '../base/errors.ts';
import { nodeSuite } from '../base/node-suite.ts';
import { wallClockMs } from '../host/clock.ts';
import { createFileDurably } from '../host/files.ts';
import { loadOrCreateSigner, readKeyFile } from '../host/key-file.ts';
import {
  encodeMainGenesis,
  openMainGenesis,
  signMainGenesis,
} from '../sidechain/chain/main-genesis.ts';
import type { MainLog } from '../sidechain/chain/main-log.ts';
import { dispatchFiles } from './files.ts';
import { requireNames } from './init.ts';
import {
  foundingOf,
  inOrder,
  type OpenIntroduction,
  openIntroduction,
  placeField,
  signIntroduction,
} from './introduction.ts';
import { engineGenesisText } from './ordering/consortium/engine-genesis.ts';
import {
  completeEngineHome,
  createEngineKeys,
  engineNodeId,
  newEngineKey,
  validatorFiles,
} from './ordering/consortium/engine-home.ts';
import { writeConsortiumNode } from './write-consortium-node.ts';

export type IntroduceOptions = {
  readonly dir: string;
  readonly origin: string;
  readonly organisation: string;
  readonly person: string;
  /** `host:port`, where the engines of the others reach this one. */
  readonly listen: string;
};

function placesIn(dir: string) {
  return {
    ...dispatchFiles(dir),
    introduction: join(dir, 'introduction.cbor'),
    genesis: join(dir, 'main-genesis.cbor'),
    engine: join(dir, 'engine'),
  };
}

/**
 * Makes the keys of an organisation, and what it shows of them.
 * @throws TielineError `centre-exists`, `origin`, `name`, `listen`
 */
export async function introduce(
  options: IntroduceOptions,
): Promise<OpenIntroduction & { readonly path: string }> {
  const { dir, origin, organisation, person, listen } = options;
  requireNames(origin, [organisation, person]);
  const place = placeField.read(listen, '--listen');
  if (!place.ok) {
    throw new TielineError('listen', place.detail, {
      hint: 'name a host or an address and a port: north.example:26656',
    });
  }
  const places = placesIn(dir);
  if (existsSync(places.introduction) || existsSync(places.ledger)) {
    throw new TielineError('centre-exists', `${dir} holds an organisation already`, {
      hint: 'choose another directory; who introduces itself twice is two',
    });
  }
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const logKey = await loadOrCreateSigner(places.logKey);
  const personKey = await loadOrCreateSigner(places.personKey);
  const governanceKey = await loadOrCreateSigner(places.governanceKey);
  const [consensusKey, nodeKey] = [newEngineKey(), newEngineKey()];
  await createEngineKeys(places.engine, { consensusKey, nodeKey });
  const bytes = signIntroduction(
    {
      ...{ version: 1, origin, organisation, person, listen, timeMs: wallClockMs() },
      logKey: logKey.publicKey,
      governanceKey: governanceKey.publicKey,
      personKey: personKey.publicKey,
      consensusKey: consensusKey.publicKey,
      nodeKey: nodeKey.publicKey,
    },
    logKey,
  );
  const opened = openedFrom(bytes, 'what was made');
  await createFileDurably(places.introduction, bytes, { mode: 0o644 });
  return { ...opened, path: places.introduction };
}

/**
 * The genesis that follows from all introductions, signed by the first organisation.
 * @throws TielineError `introduction`, `not-first`, `key-file`
 */
export async function found(
  dir: string,
  files: readonly string[],
): Promise<{ readonly mainLog: MainLog; readonly path: string }> {
  const all = await readIntroductions(files);
  const founding = foundingOf(nodeSuite, all);
  if (!founding.ok) throw new TielineError('introduction', founding.detail);
  const places = placesIn(dir);
  const signer = await readKeyFile(places.logKey);
  const [first] = founding.value.keys;
  if (first === undefined || !equal(first.publicKey, signer.publicKey)) {
    throw new TielineError('not-first', `the genesis is signed by ${first?.name ?? '?'}`, {
      hint: 'the first in the order of the names runs this; all others wait for its file',
    });
  }
  const bytes = signMainGenesis(founding.value, signer);
  const opened = openMainGenesis(nodeSuite, bytes);
  if (!opened.ok) throw new TielineError('introduction', opened.detail);
  await createFileDurably(places.genesis, bytes, { mode: 0o644 });
  return { mainLog: opened.value.mainLog, path: places.genesis };
}

export type JoinOptions = {
  readonly dir: string;
  readonly introductions: readonly string[];
  readonly genesis: string;
  readonly mqttUrl: string;
  readonly httpPort: number;
  readonly engine: string;
};

/**
 * Checks the genesis against the introductions and the keys that are here, and makes the node.
 * @throws TielineError `centre-exists`, `introduction`, `genesis`, `wrong-key`
 */
export async function joinConsortium(options: JoinOptions): Promise<{
  readonly mainLog: MainLog;
  readonly all: readonly OpenIntroduction[];
  readonly files: ReturnType<typeof dispatchFiles>;
}> {
  const places = placesIn(options.dir);
  if (existsSync(places.ledger)) {
    throw new TielineError('centre-exists', `${options.dir} holds a node already`);
  }
  const all = inOrder(await readIntroductions(options.introductions));
  const founding = foundingOf(nodeSuite, all);
  if (!founding.ok) throw new TielineError('introduction', founding.detail);
  const genesis = await readBytes(options.genesis);
  const opened = openMainGenesis(nodeSuite, genesis);
  if (!opened.ok) throw new TielineError('genesis', `${options.genesis}: ${opened.detail}`);
  if (!equal(encodeMainGenesis(opened.value.genesis), encodeMainGenesis(founding.value))) {
    throw new TielineError('genesis', `${options.genesis} is not what these introductions make`, {
      hint: 'all have to have the same introductions: compare their fingerprints',
    });
  }
  const { mainLog } = opened.value;
  const index = await ownIndex(options.dir, all);
  const own = all[index] as OpenIntroduction;
  const peers = all
    .filter((one) => one !== own)
    .map(
      ({ introduction: { nodeKey, listen } }) =>
        `${engineNodeId({ publicKey: nodeKey })}@${listen}`,
    );
  const founders = all.map(({ introduction: { organisation: name, consensusKey } }) => ({
    name,
    consensusKey,
  }));
  const genesisText = engineGenesisText(nodeSuite, mainLog, founders, founding.value.timeMs);
  const { organisation: name, listen } = own.introduction;
  await completeEngineHome(places.engine, { name, listen, peers, genesisText });
  const { mqttUrl, httpPort, engine } = options;
  await writeConsortiumNode({
    ...{ dir: options.dir, name, number: index + 1, mainLog, genesis, genesisText },
    ...{ mqttUrl, httpPort, engine },
  });
  return { mainLog, all, files: dispatchFiles(options.dir) };
}

/** Which of them is this one: every key that it shows is here. */
async function ownIndex(dir: string, all: readonly OpenIntroduction[]): Promise<number> {
  const places = placesIn(dir);
  const logKey = await readKeyFile(places.logKey);
  const index = all.findIndex(({ introduction }) => equal(introduction.logKey, logKey.publicKey));
  const own = all[index]?.introduction;
  const text = await readFile(validatorFiles(places.engine).key, 'utf8').catch(() => '{}');
  const shown = (JSON.parse(text) as { readonly pub_key?: { readonly value?: unknown } }).pub_key;
  const consensusKey = fromBase64(String(shown?.value ?? ''));
  if (own !== undefined && consensusKey !== undefined && equal(own.consensusKey, consensusKey)) {
    return index;
  }
  throw new TielineError('wrong-key', `none of the introductions is of the keys in ${dir}`, {
    hint: 'run it in the directory in which `tieline dispatch introduce` made the keys',
  });
}

async function readIntroductions(files: readonly string[]): Promise<readonly OpenIntroduction[]> {
  const all: OpenIntroduction[] = [];
  for (const file of files) all.push(openedFrom(await readBytes(file), file));
  return all;
}

function openedFrom(bytes: Uint8Array, what: string): OpenIntroduction {
  const opened = openIntroduction(nodeSuite, bytes);
  if (opened.ok) return opened.value;
  throw new TielineError('introduction', `${what}: ${opened.detail}`, {
    hint: '`tieline dispatch introduce` makes it: introduction.cbor',
  });
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new TielineError('file', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** For people, who compare it. */
export function fingerprintText({ fingerprint }: OpenIntroduction): string {
  return (toHex(fingerprint).match(/.{8}/g) ?? []).join(' ');
}
