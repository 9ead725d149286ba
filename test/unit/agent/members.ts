// SPDX-License-Identifier: Apache-2.0
// Directories of gateways that are to share a chain, as their owners make them.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Initialised, type InitOptions, initGateway } from '../../../agent/init.ts';
import { type MadeKey, makeKey } from '../../../agent/make-key.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { formatMainLogFile } from '../../../sidechain/chain/main-log-file.ts';
import { mainGenesis, startMs } from '../chain/fixture.ts';

export type NewMember = MadeKey & { readonly dir: string; readonly name: string };

/** With the main log's file in it; gone when the test has ended. */
export async function newDirectory(): Promise<{
  readonly dir: string;
  readonly mainLogFile: string;
}> {
  const dir = await mkdtemp(join(tmpdir(), 'tieline-members-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const mainLogFile = join(dir, 'main-log.json');
  await writeFile(mainLogFile, formatMainLogFile(mainGenesis.mainLog));
  return { dir, mainLogFile };
}

export async function newMember(dir: string, name: string, port = 7_700): Promise<NewMember> {
  const own = join(dir, name);
  return { dir: own, name, ...(await makeKey({ dir: own, name, listen: `127.0.0.1:${port}` })) };
}

/** `tieline init` with what it assumes. */
export function init(
  dir: string,
  chain: { readonly mainLogFile: string } | { readonly genesisFile: string },
  more: Partial<InitOptions> = {},
): Promise<Initialised> {
  const made: InitOptions['chain'] =
    'genesisFile' in chain
      ? { kind: 'given', ...chain }
      : {
          kind: 'new',
          name: undefined,
          ...chain,
          policy: { class: 'blame', faulty: 0 },
          engineers: [],
          operators: [],
          windowMs: 900_000,
          graceMs: 30_000,
        };
  const options: InitOptions = {
    dir,
    chain: made,
    memberFiles: [],
    listen: undefined,
    mqttUrl: 'mqtt://127.0.0.1:1883',
    anchorIntervalMs: 60_000,
    httpPort: 8_780,
    ...more,
  };
  const random = (length: number) => new Uint8Array(length).fill(5);
  return initGateway(suite, options, { nowMs: startMs, random });
}
