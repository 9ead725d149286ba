// SPDX-License-Identifier: Apache-2.0
// What a node of a consortium has besides its keys and its engine's directory: the configuration, the
// public file of the main log, and a ledger that holds the genesis.

import { utf8 } from '../base/bytes.ts';
import { nodeSuite } from '../base/node-suite.ts';
import { createFileDurably } from '../host/files.ts';
import type { MainLog } from '../sidechain/chain/main-log.ts';
import { formatMainLogFile } from '../sidechain/chain/main-log-file.ts';
import { dispatchFiles } from './files.ts';
import { appHash } from './ordering/consortium/app-hash.ts';
import { readEngineGenesis } from './ordering/consortium/engine-genesis.ts';
import { firstBlock } from './store/consensus-store.ts';
import { createLedger } from './store/create-ledger.ts';

export type ConsortiumNode = {
  readonly dir: string;
  readonly name: string;
  /** From 1 on, in the order of the keys of the main log. */
  readonly number: number;
  readonly mainLog: MainLog;
  readonly genesis: Uint8Array;
  readonly genesisText: string;
  readonly mqttUrl: string;
  readonly httpPort: number;
  /** The engine's program, as it is written into the configuration. */
  readonly engine: string;
};

/** The ledger comes last. @throws TielineError `file` where any of it is there already. */
export async function writeConsortiumNode(node: ConsortiumNode): Promise<void> {
  const { dir, mainLog, genesis, genesisText } = node;
  const files = dispatchFiles(dir);
  await createFileDurably(files.mainLog, utf8(formatMainLogFile(mainLog)), { mode: 0o644 });
  await createFileDurably(files.config, utf8(configText(node)), { mode: 0o644 });
  const { stateHash, genesisTimeMs } = readEngineGenesis(nodeSuite, genesisText, mainLog);
  await createLedger(files.ledger, genesis, (head) => [
    firstBlock({
      height: 0,
      appHash: appHash(nodeSuite, head, stateHash),
      stateHash,
      timeMs: genesisTimeMs,
    }),
  ]);
}

function configText({ name, number, mainLog, mqttUrl, httpPort, engine }: ConsortiumNode): string {
  return `# The node of ${name} in the consortium that keeps the main log ${mainLog.origin}.
# Paths are relative to this file. Start it with: tieline dispatch --config dispatch.yaml

data: .                # ledger.sqlite, history.sqlite, main-log.key

consortium:
  engine: ${JSON.stringify(engine)}  # CometBFT 0.38: a path, or a name to be found
  home: engine         # its settings, keys and blocks

mqtt:
  url: ${JSON.stringify(mqttUrl)}
  clientId: tieline-dispatch-${number}

http:
  host: 127.0.0.1      # others need tls and tokens (tieline dispatch token)
  port: ${httpPort}
`;
}
