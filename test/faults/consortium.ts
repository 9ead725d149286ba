// SPDX-License-Identifier: Apache-2.0
// Four organisations under faults, on real engines: chains anchor all the while, nodes are killed one
// and two at a time, one lies, and in the end all four have one ledger with all that was receipted.

import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toHex } from '../../base/bytes.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { encodeTransaction } from '../../dispatch/ledger/transaction-codec.ts';
import { auditLedger } from '../../dispatch/store/audit-ledger.ts';
import { openAnchor } from '../../sidechain/chain/anchor.ts';
import type { LongRunOptions } from '../soak/long-run.ts';
import { order } from '../soak/town/command.ts';
import { Consortium } from '../system/harness/consortium.ts';
import { must } from '../system/harness/network.ts';
import type { Random } from '../system/harness/random.ts';
import { sleep, until } from '../system/harness/until.ts';
import { type FakeChain, makeChain } from '../unit/dispatch/fake-chain.ts';
import { anchorsIn } from './anchors-in.ts';
import type { FaultsReport } from './dispatch.ts';
import { patienceMs, type Strike, strikeAll } from './strike.ts';

const all = [0, 1, 2, 3];
const chainCount = 3;
const pauseMs = 300;

type Scene = {
  readonly consortium: Consortium;
  readonly chains: readonly FakeChain[];
  /** Anchors with receipts, in hex, and their leaves. */
  readonly receipts: Map<string, number>;
};

/** @throws what kept it from coming to an end; then, too, everything is kept. */
export async function consortiumUnderFaults({
  dir,
  minutes,
  seed,
  tell,
}: LongRunOptions): Promise<FaultsReport> {
  await order('ip', 'link', 'set', 'lo', 'up');
  const consortium = await Consortium.make(join(dir, 'consortium'));
  try {
    await consortium.start(...all);
    const chains = Array.from({ length: chainCount }, (_, i) =>
      makeChain(consortium.mainLog, { seed: i + 1 }),
    );
    for (const chain of chains) await consortium.enrol(chain);
    const scene: Scene = { consortium, chains, receipts: new Map() };
    let isOver = false;
    const anchoring = Promise.all(chains.map((chain) => anchorOn(scene, chain, () => isOver)));
    anchoring.catch(() => {});
    const endMs = performance.now() + minutes * 60_000;
    const given = { seed, tell, isOver: () => performance.now() > endMs };
    const striking = strikeAll(scene, [strikes], given);
    const faults = await Promise.race([striking, anchoring.then(() => striking)]);
    isOver = true;
    await anchoring;
    tell('all run; their ledgers are held against each other and what was receipted');
    return { minutes, seed, faults, summaries: 0, ...(await finalCheck(scene)) };
  } finally {
    await consortium.end({ keeps: true });
  }
}

async function anchorOn(
  { consortium, receipts }: Scene,
  chain: FakeChain,
  isOver: () => boolean,
): Promise<void> {
  for (let from = 0; !isOver(); from = chain.size, chain.addBlock()) {
    const bytes = chain.anchor({ from });
    const { checked } = await consortium.anchor(chain, bytes);
    receipts.set(toHex(bytes), checked.index);
    await sleep(pauseMs);
  }
}

const strikes: readonly Strike<Scene>[] = [
  {
    kind: 'one-killed',
    run: async (scene, random) => {
      const one = random.between(0, 3);
      await scene.consortium.kill(one);
      await moreReceipts(scene, 2);
      await scene.consortium.start(one);
      await scene.consortium.agreement(all);
      return `${one + 1}: the others went on, and it has caught up`;
    },
  },
  {
    kind: 'two-killed',
    run: async (scene, random) => {
      const { consortium } = scene;
      const [one, other] = twoOf(random);
      await Promise.all([consortium.kill(one), consortium.kill(other)]);
      const left = all.find((index) => index !== one && index !== other) ?? 0;
      await until(
        'it says that it stalls',
        async () => {
          const status = await consortium.status(left);
          return status?.state === 'stalled' && status.connected.length === 1 ? true : undefined;
        },
        patienceMs,
      );
      const before = await consortium.status(left);
      await sleep(random.between(500, 3_000));
      const after = await consortium.status(left);
      if (before?.height !== after?.height) throw new Error('two of four have decided a block');
      await consortium.start(one, other);
      await moreReceipts(scene, 2);
      return `${one + 1} and ${other + 1}: nothing was decided, then all went on`;
    },
  },
  {
    kind: 'restarted-in-turn',
    run: async (scene) => {
      for (const index of all) {
        await scene.consortium.kill(index);
        await scene.consortium.start(index);
      }
      await scene.consortium.agreement(all);
      return 'all four';
    },
  },
  {
    kind: 'disk-lost',
    run: async ({ consortium }, random) => {
      const one = random.between(0, 3);
      const { files, name } = consortium.made.nodes[one] ?? {};
      if (files === undefined) throw new Error('there are four nodes');
      const copy = join(consortium.dir, `copy-${name}-${random.between(0, 2 ** 30)}`);
      await consortium.kill(one);
      await must('dispatch', 'backup', '--config', files.config, '--to', copy);
      await consortium.start(one);
      await sleep(random.between(500, 5_000));
      await consortium.kill(one);
      for (const path of [files.ledger, `${files.ledger}-wal`, `${files.ledger}-shm`]) {
        await rm(path, { force: true });
      }
      await rm(join(dirname(files.ledger), 'engine'), { recursive: true });
      await must('dispatch', 'restore', '--config', files.config, '--from', copy);
      await consortium.start(one);
      await consortium.agreement(all);
      const found = await Promise.all(all.map((index) => consortium.status(index)));
      if (found.some((status) => `double-vote/${name}` in (status?.refused ?? {}))) {
        throw new Error(`${name} has voted twice`);
      }
      return `${one + 1}: back from an older copy, and has voted on nothing twice`;
    },
  },
  { kind: 'lying-proposer', run: (scene, random) => lie(scene, random, 'proposal') },
  { kind: 'lying-voter', run: (scene, random) => lie(scene, random, 'vote-receipt-signature') },
];

/** One lies until all others have refused it by name. */
async function lie(scene: Scene, random: Random, what: string): Promise<string> {
  const { consortium } = scene;
  const liar = random.between(0, 3);
  const honest = all.filter((index) => index !== liar);
  const counted = `${what}/organisation-${liar + 1}`;
  const counts = async () => {
    const found = await Promise.all(honest.map((index) => consortium.status(index)));
    return found.map((status) => status?.refused[counted] ?? 0);
  };
  const before = await counts();
  await consortium.kill(liar);
  if (what === 'proposal') await consortium.startLiar(liar, forgedAnchor(scene));
  else await consortium.startLiar(liar);
  await until(
    'the lie is refused by name',
    async () => ((await counts()).every((n, i) => n > (before[i] ?? 0)) ? true : undefined),
    patienceMs,
  );
  await consortium.kill(liar);
  await consortium.start(liar);
  await scene.consortium.agreement(all);
  return `${liar + 1}: refused by name by all others`;
}

/** Of a chain of the scene, without the signatures that its policy asks for. */
function forgedAnchor({ chains }: Scene): Uint8Array {
  const fork = chains[0]?.forkAt(1);
  fork?.addBlocks(10_000);
  const opened = fork && openAnchor(fork.anchor({ cosigners: [0] }));
  if (!opened?.ok) throw new Error('the anchor of the liar can be read');
  return encodeTransaction({ kind: 'anchor', anchor: opened.value });
}

async function moreReceipts({ receipts }: Scene, count: number): Promise<void> {
  const wanted = receipts.size + count;
  await until('receipts', () => (receipts.size >= wanted ? true : undefined), patienceMs);
}

function twoOf(random: Random): readonly [number, number] {
  const one = random.between(0, 3);
  return [one, (one + random.between(1, 3)) % 4];
}

async function finalCheck(scene: Scene) {
  const { consortium, receipts } = scene;
  await consortium.agreement(all);
  for (const index of all) await consortium.kill(index);
  const problems: string[] = [];
  const roots = new Set<string>();
  let [lost, doubled] = [0, 0];
  for (const { name, files } of consortium.made.nodes) {
    const { root, size } = await auditLedger(suite, files.ledger);
    roots.add(`${size} ${root}`);
    const places = await anchorsIn(files.ledger);
    for (const [anchor, index] of receipts) {
      const found = places.get(anchor) ?? [];
      if (!found.includes(index)) lost++;
      if (found.length > 1) doubled++;
      if (found.length !== 1) problems.push(`${name} has an anchor ${found.length} times`);
    }
  }
  if (roots.size !== 1) problems.push(`the ledgers differ: ${[...roots].join(', ')}`);
  return { receipts: receipts.size, lost, doubled, problems };
}
