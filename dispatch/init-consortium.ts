// SPDX-License-Identifier: Apache-2.0
// Makes a network of several organisations on this machine: one main log with a key of each, and
// for each a directory with all that its node needs, ledger and engine. For trial and for
// demonstration: the keys of all are made by one, so whoever runs this can be any of them.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../base/assert.ts';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { nodeSuite } from '../base/node-suite.ts';
import type { Signer } from '../base/suite.ts';
import { wallClockMs } from '../host/clock.ts';
import { createKeyFile } from '../host/key-file.ts';
import { openMainGenesis, signMainGenesis } from '../sidechain/chain/main-genesis.ts';
import type { MainLog } from '../sidechain/chain/main-log.ts';
import { mainRoles } from '../sidechain/chain/main-registry.ts';
import { dispatchFiles } from './files.ts';
import { requireNames } from './init.ts';
import { organisationsMin } from './introduction.ts';
import { engineGenesisText } from './ordering/consortium/engine-genesis.ts';
import {
  createEngineHome,
  type EngineKey,
  engineNodeId,
  newEngineKey,
} from './ordering/consortium/engine-home.ts';
import { writeConsortiumNode } from './write-consortium-node.ts';

export type ConsortiumInitOptions = {
  /** A directory for each is made in it. */
  readonly dir: string;
  readonly origin: string;
  readonly organisations: number;
  readonly mqttUrl: string;
  /** The API of the first; each next one has the next port. 0: any that is free. */
  readonly httpPort: number;
  /** Where the engines find each other, likewise. */
  readonly enginePort: number;
  /** The engine's program, as it is written into the configurations. */
  readonly engine: string;
};

export type InitialisedConsortium = {
  readonly mainLog: MainLog;
  readonly nodes: readonly {
    readonly name: string;
    readonly files: ReturnType<typeof dispatchFiles>;
  }[];
};

type Node = {
  readonly name: string;
  readonly dir: string;
  readonly logKey: Signer;
  readonly personKey: Signer;
  readonly governanceKey: Signer;
  readonly consensusKey: EngineKey;
  readonly nodeKey: EngineKey;
  readonly listen: string;
};

/** @throws TielineError `centre-exists`, `origin`, `organisations`, `file`, `key-file` */
export async function initConsortium(
  options: ConsortiumInitOptions,
): Promise<InitialisedConsortium> {
  const { dir, origin, organisations } = options;
  requireNames(origin, []);
  if (organisations < organisationsMin || organisations > limits.mainLogKeysMax) {
    const range = `${organisationsMin} to ${limits.mainLogKeysMax}`;
    throw new TielineError('organisations', `${range} organisations, not ${organisations}`, {
      hint: 'of four, one may fail or lie; one alone needs no consortium',
    });
  }
  if (existsSync(join(dir, nameOf(0)))) {
    throw new TielineError('centre-exists', `${dir} holds a consortium already`, {
      hint: 'choose another directory',
    });
  }
  const nodes: Node[] = [];
  for (let i = 0; i < organisations; i++) nodes.push(await newNode(options, i));
  const timeMs = wallClockMs();
  const genesis = genesisOf(options, nodes, timeMs);
  const opened = openMainGenesis(nodeSuite, genesis);
  assert(opened.ok, 'a genesis of our own is well formed');
  const { mainLog } = opened.value;
  const founders = nodes.map(({ name, consensusKey }) => ({
    name,
    consensusKey: consensusKey.publicKey,
  }));
  const genesisText = engineGenesisText(nodeSuite, mainLog, founders, timeMs);
  for (const [i, node] of nodes.entries()) {
    await writeNode({ options, nodes, node, index: i, mainLog, genesis, genesisText });
  }
  return {
    mainLog,
    nodes: nodes.map(({ name, dir: directory }) => ({ name, files: dispatchFiles(directory) })),
  };
}

function nameOf(index: number): string {
  return `organisation-${index + 1}`;
}

async function newNode({ dir, enginePort }: ConsortiumInitOptions, index: number): Promise<Node> {
  const name = nameOf(index);
  const own = join(dir, name);
  await mkdir(own, { recursive: true, mode: 0o700 });
  const files = dispatchFiles(own);
  return {
    name,
    dir: own,
    logKey: await createKeyFile(files.logKey),
    personKey: await createKeyFile(files.personKey),
    governanceKey: await createKeyFile(files.governanceKey),
    consensusKey: newEngineKey(),
    nodeKey: newEngineKey(),
    listen: `127.0.0.1:${enginePort + index}`,
  };
}

/** Of n, as many must sign as are more than two thirds: what a block needs, too. */
function genesisOf(
  { origin }: ConsortiumInitOptions,
  nodes: readonly Node[],
  timeMs: number,
): Uint8Array {
  const [first] = nodes;
  assert(first !== undefined, 'several organisations');
  return signMainGenesis(
    {
      version: 1,
      origin,
      keys: nodes.map(({ logKey, name }) => ({ publicKey: logKey.publicKey, name })),
      threshold: Math.floor((2 * nodes.length) / 3) + 1,
      persons: nodes.map(({ personKey, name }) => ({
        publicKey: personKey.publicKey,
        name: `dispatcher of ${name}`,
        roles: ['dispatch', 'local'],
        organisation: name,
      })),
      organisations: nodes.map(({ name, governanceKey }) => ({
        name,
        roles: [...mainRoles],
        governanceKey: governanceKey.publicKey,
      })),
      timeMs,
      nonce: new Uint8Array(randomBytes(32)),
    },
    first.logKey,
  );
}

async function writeNode(making: {
  readonly options: ConsortiumInitOptions;
  readonly nodes: readonly Node[];
  readonly node: Node;
  readonly index: number;
  readonly mainLog: MainLog;
  readonly genesis: Uint8Array;
  readonly genesisText: string;
}): Promise<void> {
  const { options, nodes, node, index, mainLog, genesis, genesisText } = making;
  const peers = nodes
    .filter((other) => other !== node)
    .map(({ nodeKey, listen }) => `${engineNodeId(nodeKey)}@${listen}`);
  await createEngineHome(join(node.dir, 'engine'), { ...node, peers, genesisText });
  const { mqttUrl, httpPort: first, engine } = options;
  const httpPort = first === 0 ? 0 : first + index;
  const { dir, name } = node;
  await writeConsortiumNode({
    ...{ dir, name, number: index + 1, mainLog, genesis, genesisText },
    ...{ mqttUrl, httpPort, engine },
  });
}
