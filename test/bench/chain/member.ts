// SPDX-License-Identifier: Apache-2.0
// A member of a chain as a process of its own: `member.ts {"config", "ageMs"}`, with all that a
// gateway has to do with its chain (TLS, SQLite, signatures, contracts), and neither meters nor a
// broker. Does what its parent orders; what it submits it has signed itself.

import { randomBytes } from 'node:crypto';
import { loadGatewayConfig } from '../../../agent/config.ts';
import { dataFiles } from '../../../agent/data-files.ts';
import { openChain } from '../../../agent/open-chain.ts';
import { keyOf } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { systemClock } from '../../../host/clock.ts';
import { run, untilEnded } from '../../../host/exit.ts';
import { readKeyFile } from '../../../host/key-file.ts';
import { createLog } from '../../../host/log.ts';
import type { SidechainNode } from '../../../sidechain/node.ts';
import type { Load, MemberOptions, Order, Report } from './orders.ts';
import { Workload } from './workload.ts';

const probeEveryMs = 10;

const { config: path, ageMs }: MemberOptions = JSON.parse(process.argv[2] ?? '{}');

/** Entries under way by id, and what is to be done as soon as each is committed. */
const commits = new Map<string, () => void>();

class Member {
  readonly #node: SidechainNode;
  readonly #workload: Workload;
  #hasSchema = false;

  constructor(node: SidechainNode, workload: Workload) {
    this.#node = node;
    this.#workload = workload;
  }

  async carryOut(order: Order): Promise<Report> {
    switch (order.kind) {
      case 'load':
        return this.#load(order.load);
      case 'probe':
        return this.#probe();
      case 'status':
        return this.#status();
    }
  }

  #status(): Report {
    const { role, term, height, mayPromise, peers } = this.#node.status();
    const isWhole = mayPromise && peers.every(({ isConnected }) => isConnected);
    return { kind: 'status', role, term, height, isWhole };
  }

  async #load({ pace, packs, warmUpMs, runMs }: Load): Promise<Report> {
    await this.#publishSchema();
    const committedMs: number[] = [];
    const storedMs: number[] = [];
    const fromMs = performance.now() + warmUpMs;
    const toMs = fromMs + runMs;
    const one = async (dueMs: number): Promise<void> => {
      const done = (latenciesMs: number[]): void => {
        const doneMs = performance.now();
        if (doneMs >= fromMs && doneMs < toMs) latenciesMs.push(doneMs - dueMs);
      };
      await this.#submit(packs, () => done(committedMs));
      done(storedMs);
    };
    setTimeout(() => {
      cpu = process.cpuUsage();
    }, warmUpMs);
    let cpu = process.cpuUsage();
    if ('inflight' in pace) {
      const again = async (): Promise<void> => {
        while (performance.now() < toMs) await one(performance.now());
      };
      await Promise.all(Array.from({ length: pace.inflight }, again));
    } else await steadily(pace.perSecond, toMs, one);
    const { user, system } = process.cpuUsage(cpu);
    return { kind: 'load', committedMs, storedMs, cpu: (user + system) / 1_000 / runMs };
  }

  async #probe(): Promise<Report> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const submit = (): void => void this.#submit(0).then(resolve, () => {});
    submit();
    const timer = setInterval(submit, probeEveryMs);
    await promise;
    clearInterval(timer);
    return { kind: 'probe', atMs: Date.now() };
  }

  async #publishSchema(): Promise<void> {
    if (this.#hasSchema) return;
    this.#hasSchema = true;
    await this.#node.submit(this.#workload.schema());
  }

  async #submit(packs: number, onCommitted: () => void = () => {}): Promise<void> {
    const batch = this.#workload.batch(this.#node.nextSequence(), packs);
    commits.set(keyOf(suite.sha256(batch.entry)), onCommitted);
    const applied = await this.#node.submit(batch);
    if (applied.kind === 'refused') throw new Error(`refused: ${applied.reason}`);
  }
}

/** Calls `one` with the time at which each was due, and waits for all of them. */
async function steadily(
  perSecond: number,
  toMs: number,
  one: (dueMs: number) => Promise<void>,
): Promise<void> {
  const startMs = performance.now();
  const all: Promise<void>[] = [];
  for (;;) {
    const dueMs = startMs + (all.length / perSecond) * 1_000;
    if (dueMs >= toMs) break;
    const earlyMs = dueMs - performance.now();
    if (earlyMs > 0) await new Promise((resolve) => setTimeout(resolve, earlyMs));
    all.push(one(dueMs));
  }
  await Promise.all(all);
}

await run(async (ending) => {
  const config = loadGatewayConfig(path);
  const signer = await readKeyFile(dataFiles(config.data).key);
  const clock = await systemClock();
  const write = (line: string): void => void process.stderr.write(line);
  const log = createLog({ level: 'info', human: false, write });
  const rules = { itemsMax: limits.blockEntriesMax, ageMs, heartbeatMs: 60_000 };
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  const { node } = await openChain(config, {
    ...{ signer, clock, log, random, rules },
    onCommitted: ({ id }) => {
      const key = keyOf(id);
      commits.get(key)?.();
      commits.delete(key);
    },
  });
  const device = config.name;
  const workload = new Workload({ signer, chainId: node.chainId, clock, device });
  const member = new Member(node, workload);
  process.on('message', (order: Order) => {
    void member.carryOut(order).then((report) => process.send?.(report));
  });
  process.stdout.write(`ready ${JSON.stringify(workload.sizes())}\n`);
  await Promise.race([untilEnded(ending), node.finished]);
  await node.close();
  return 0;
});
