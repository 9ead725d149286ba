// SPDX-License-Identifier: Apache-2.0
// A node of a consortium, put together: ledger, application, its socket, and the engine that uses
// it. The engine ends first and is started last.

import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromUtf8 } from '../../../base/bytes.ts';
import { messageOf, TielineError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import type { Database } from '../../../host/sqlite.ts';
import { ConsensusStore } from '../../store/consensus-store.ts';
import type { OrderingParts } from '../ordering.ts';
import { abciHandler } from './abci-handler.ts';
import { AbciServer } from './abci-server.ts';
import { ConsortiumOrdering } from './consortium.ts';
import { readEngineGenesis } from './engine-genesis.ts';
import { EngineProcess } from './engine-process.ts';
import { EngineRpc } from './engine-rpc.ts';

export type ConsortiumSettings = {
  /** The engine's program. */
  readonly engine: string;
  /** The engine's directory. */
  readonly home: string;
};

/** @throws TielineError `engine-*`, `ledger-*` */
export async function openConsortium(
  parts: OrderingParts,
  database: Database,
  { engine: program, home }: ConsortiumSettings,
): Promise<ConsortiumOrdering> {
  const { suite, log, onFailure } = parts;
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  const [appSocket, rpcSocket] = [join(home, 'app.sock'), join(home, 'rpc.sock')];
  const rpc = new EngineRpc(rpcSocket);
  closers.push(async () => rpc.close());
  const genesisText = await readGenesis(join(home, 'config', 'genesis.json'));
  const ordering = await ConsortiumOrdering.open({
    ...parts,
    consensus: new ConsensusStore(database),
    genesis: (mainLog) => readEngineGenesis(suite, genesisText, mainLog),
    engine: rpc,
    closeEngine: closeAll,
  });
  try {
    const handle = abciHandler(ordering.application);
    const server = await AbciServer.listen({ path: appSocket, handle, onFailure });
    closers.push(() => server.close());
    rmSync(rpcSocket, { force: true });
    const ended = Promise.withResolvers<never>();
    ended.promise.catch(onFailure);
    const engine = new EngineProcess({
      ...{ program, home, appSocket, rpcSocket, log },
      onEnd: ended.reject,
    });
    closers.push(() => engine.end());
    await Promise.race([untilItAnswers(rpc), ended.promise]);
    return ordering;
  } catch (error) {
    await ordering.close();
    throw error;
  }
}

async function readGenesis(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new TielineError('engine-home', messageOf(cause), {
      hint: 'make a node with `tieline dispatch init --organisations`, or name its directory',
      cause,
    });
  });
  return fromUtf8(bytes) ?? '';
}

/** It opens that socket when it has brought the ledger to where its own blocks are. */
async function untilItAnswers(rpc: EngineRpc): Promise<void> {
  for (;;) {
    const answers = await rpc.isCatchingUp().then(
      () => true,
      () => false,
    );
    if (answers) return;
    await sleep(limits.consensusTickMs);
  }
}
