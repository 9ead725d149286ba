// SPDX-License-Identifier: Apache-2.0
// What is struck: a real broker, a dispatch node on a small disk with a clock that can be turned, its
// history in a real PostgreSQL; and honest chains that go on all the while.

import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUtf8, toBase64 } from '../../base/bytes.ts';

import type { Signer } from '../../base/suite.ts';
import { readKeyFile } from '../../host/key-file.ts';
import { signEnrolment } from '../../sidechain/chain/enrolment.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import { parseMainLogFile } from '../../sidechain/chain/main-log-file.ts';
import { freePort } from '../demo/children.ts';
import { order } from '../soak/town/command.ts';
import { faketimeLibrary } from '../soak/town/faketime.ts';
import { must, newBroker, tielineCommand } from '../system/harness/network.ts';
import { PostgresServer, postgresPassword } from '../system/harness/postgres.ts';
import { Restartable } from '../system/harness/restartable.ts';
import { until } from '../system/harness/until.ts';
import { type FakeChain, makeChain } from '../unit/dispatch/fake-chain.ts';
import { HonestChain } from './honest-chain.ts';
import { Post } from './post.ts';
import { patienceMs } from './strike.ts';

/** Room for the ledger of half an hour, and small enough to be filled at once. */
const diskBytes = 192 * 1024 * 1024;
const honestChains = 5;

export type Scene = {
  readonly dir: string;
  readonly centreDir: string;
  readonly mainLogFile: string;
  readonly api: string;
  readonly broker: Restartable;
  readonly node: Restartable;
  readonly postgres: PostgresServer;
  readonly post: Post;
  readonly honest: readonly HonestChain[];
  /** Chains that were made to be lied about, and what should have become of each. */
  readonly struck: { readonly chain: FakeChain; readonly status: string }[];
  /** A new chain, enrolled. */
  readonly newChain: () => Promise<FakeChain>;
  readonly setClock: (seconds: number) => Promise<void>;
  end(options: { readonly keeps: boolean }): Promise<void>;
};

export async function buildScene(dir: string): Promise<Scene> {
  await order('ip', 'link', 'set', 'lo', 'up');
  const made: Restartable[] = [];
  const make = (command: ConstructorParameters<typeof Restartable>[0]) => {
    const program = new Restartable(command);
    made.push(program);
    return program;
  };
  const { broker, mqttUrl } = await newBroker(dir, { make });
  const postgres = await PostgresServer.begin();
  const centreDir = join(dir, 'centre');
  await mkdir(centreDir);
  await order('mount', '-t', 'tmpfs', '-o', `size=${diskBytes},mode=700`, 'tmpfs', centreDir);
  const port = String(await freePort());
  await must('dispatch', 'init', '--dir', centreDir, '--origin', 'faults.example/main', [
    ...['--mqtt', mqttUrl, '--http-port', port],
  ]);
  await keepHistoryIn(postgres, centreDir);
  const clock = join(dir, 'clock');
  const setClock = (seconds: number) => writeFile(clock, `${seconds < 0 ? '' : '+'}${seconds}`);
  await setClock(0);
  const node = make(nodeCommand(join(centreDir, 'dispatch.yaml'), clock));
  await node.start();
  const mainLogFile = join(centreDir, 'main-log.json');
  const mainLog = await readMainLog(mainLogFile);
  const person = await readKeyFile(join(centreDir, 'dispatcher.key'));
  const api = `http://127.0.0.1:${port}`;
  let seed = 0;
  const newChain = async () => {
    const chain = makeChain(mainLog, { seed: ++seed });
    await enrol(api, chain, { mainLog, person });
    return chain;
  };
  const post = new Post(mqttUrl, mainLog);
  const honest: HonestChain[] = [];
  for (let i = 0; i < honestChains; i++) honest.push(new HonestChain(await newChain(), post));
  return {
    ...{ dir, centreDir, mainLogFile, api, broker, node, postgres, post, honest, struck: [] },
    ...{ newChain, setClock },
    end: async ({ keeps }) => {
      await post.close();
      for (const program of made) await program.kill();
      await postgres.end();
      // What lies in memory is gone with the namespace, so it is copied where it is to be kept.
      if (keeps) await cp(centreDir, `${centreDir}-kept`, { recursive: true });
      await order('umount', centreDir);
    },
  };
}

/** Its wall clock is what stands in a file; what counts time does not notice. */
function nodeCommand(config: string, clock: string) {
  const { file, words, ...rest } = tielineCommand('node', 'dispatch', '--config', config);
  const env = [
    `LD_PRELOAD=${faketimeLibrary()}`,
    `FAKETIME_TIMESTAMP_FILE=${clock}`,
    'FAKETIME_NO_CACHE=1',
    'FAKETIME_DONT_FAKE_MONOTONIC=1',
  ];
  return { ...rest, file: 'env', words: [...env, file, ...words] };
}

async function keepHistoryIn({ port }: PostgresServer, centreDir: string): Promise<void> {
  await writeFile(join(centreDir, 'postgres.secret'), postgresPassword, { mode: 0o600 });
  const place = `host: 127.0.0.1\n    port: ${port}\n    database: tieline\n    user: tieline`;
  const history = `\nhistory:\n  postgres:\n    ${place}\n    passwordFile: postgres.secret\n`;
  await appendFile(join(centreDir, 'dispatch.yaml'), history);
}

async function readMainLog(path: string): Promise<MainLog> {
  const read = parseMainLogFile(fromUtf8(new Uint8Array(await readFile(path))) ?? '');
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}

async function enrol(
  api: string,
  chain: FakeChain,
  { mainLog, person }: { readonly mainLog: MainLog; readonly person: Signer },
): Promise<void> {
  const said = { chainId: chain.chainId, name: 'street', timeMs: Date.now() };
  const enrolment = signEnrolment(said, mainLog.id, person);
  const body = { genesis: toBase64(chain.genesisBytes), enrolment: toBase64(enrolment) };
  await until(
    'the chain is enrolled',
    async () => {
      const response = await fetch(`${api}/api/v1/chains`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return response.ok ? true : undefined;
    },
    patienceMs,
  );
}
