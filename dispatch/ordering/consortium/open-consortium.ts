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
import type { Log } from '../../../host/log.ts';
import type { Database } from '../../../host/sqlite.ts';
import { ConsensusStore } from '../../store/consensus-store.ts';
import type { OrderingParts } from '../ordering.ts';
import { abciHandler } from './abci-handler.ts';
import { AbciServer } from './abci-server.ts';
import { ConsortiumOrdering } from './consortium.ts';
import { readEngineGenesis } from './engine-genesis.ts';
import { engineSockets } from './engine-home.ts';
import { EngineProcess } from './engine-process.ts';
import { EngineRpc } from './engine-rpc.ts';
import { giveKeyBack, isReturning } from './returning.ts';

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
  settings: ConsortiumSettings,
): Promise<ConsortiumOrdering> {
  if (isReturning(settings.home)) await comeBack(parts, database, settings);
  return (await open(parts, database, settings)).ordering;
}

/** Takes part without a vote, until it has what the others decided; then it ends, and has its key. */
async function comeBack(
  parts: OrderingParts,
  database: Database,
  settings: ConsortiumSettings,
): Promise<void> {
  const { log } = parts;
  log.warn('node-returning', { hint: 'it votes when it has what the others have decided' });
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const watched = { ...parts, onFailure: failure.reject };
  const { ordering, rpc } = await open(watched, database, settings);
  const height = await Promise.race([heightOfOthers(ordering, rpc, log), failure.promise]).finally(
    () => ordering.close(),
  );
  await giveKeyBack(settings.home, height);
  log.info('node-returned', { height });
}

/** Blocks that the others have decided, once enough of them are there to tell. */
async function heightOfOthers(
  ordering: ConsortiumOrdering,
  rpc: EngineRpc,
  log: Log,
): Promise<number> {
  const names = new Set(ordering.mainLog.keys.map(({ name }) => name));
  let said = -1;
  for (;;) {
    const { height } = ordering.application.applied;
    const peers = new Set((await rpc.peers()).map(({ name }) => name));
    const there = [...peers].filter((name) => names.has(name)).length;
    const isThere = there >= ordering.mainLog.threshold - 1 && !(await rpc.isCatchingUp());
    // What was decided while it asked has come, too.
    if (isThere && ordering.application.applied.height === height) return height;
    if (height !== said) log.info('node-returning', { height, connected: [...peers] });
    said = height;
    await sleep(limits.consensusTickMs);
  }
}

async function open(
  parts: OrderingParts,
  database: Database,
  { engine: program, home }: ConsortiumSettings,
): Promise<{ readonly ordering: ConsortiumOrdering; readonly rpc: EngineRpc }> {
  const { suite, log, onFailure } = parts;
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  const { app: appSocket, rpc: rpcSocket } = engineSockets(home);
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
    return { ordering, rpc };
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
