// SPDX-License-Identifier: Apache-2.0
// A process that makes what the ingest is measured with: chains of a fleet, the ledger of a centre
// with all of them enrolled, and the fleet's messages in files. Argument: a `Prepare` as JSON; answers
// with a `Prepared`.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { concat } from '../../../base/bytes.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import { dispatchFiles } from '../../../dispatch/files.ts';
import { enrolmentOf } from '../../../dispatch/fleet/enrol-fleet.ts';
import { enrolInto } from '../../../dispatch/fleet/enrol-fleet-into.ts';
import { Fleet } from '../../../dispatch/fleet/fleet.ts';
import { receiptedSize } from '../../../dispatch/fleet/receipted-size.ts';
import { initDispatch } from '../../../dispatch/init.ts';
import { readPinnedLog } from '../../../dispatch/pinned-log.ts';
import { readKeyFile } from '../../../host/key-file.ts';
import { openAnswer } from '../../../sidechain/chain/answer.ts';
import type { Prepare, Prepared, Sample } from './orders.ts';
import { readSpool, SpoolWriter } from './spool.ts';

const { plan, files, step, part } = JSON.parse(process.argv[2] ?? '') as Prepare;
const started = performance.now();
let toldMs = started;
const count = await prepared();
const seconds = (performance.now() - started) / 1_000;
process.stdout.write(`${JSON.stringify({ count, seconds } satisfies Prepared)}\n`);

function prepared(): Promise<number> {
  if (step === 'centre') return centre();
  if (step === 'found') return found();
  return step === 'enrol' ? enrol() : send(step);
}

/** The first and the last but one of `total` that this process makes. */
function share(total: number): { readonly from: number; readonly to: number } {
  const parts = files.spools.length;
  return { from: Math.floor((total * part) / parts), to: Math.floor((total * (part + 1)) / parts) };
}

async function centre(): Promise<number> {
  mkdirSync(dirname(files.dir), { recursive: true });
  await initDispatch({
    dir: files.dir,
    origin: 'bench.example/main',
    organisation: 'bench',
    person: 'bench',
    mqttUrl: 'mqtt://127.0.0.1:1883',
    httpPort: 0,
  });
  return 1;
}

async function found(): Promise<number> {
  const person = await readKeyFile(dispatchFiles(files.dir).personKey);
  const fleet = new Fleet(nodeSuite, plan, await readPinnedLog(files.dir));
  const { from, to } = share(plan.chains);
  const spool = new SpoolWriter(files.spools[part] as string);
  for (let index = from; index < to; index++) {
    const { genesis, enrolment } = enrolmentOf(fleet, index, person);
    const { chainId } = fleet.chain(index);
    spool.add({ kind: 3, chainId, payload: genesis });
    spool.add({ kind: 4, chainId, payload: enrolment });
    tell('made', index - from, to - from);
  }
  spool.close();
  writeFileSync(files.known[part] as string, fleet.knownOf(from, to - from));
  return to - from;
}

async function enrol(): Promise<number> {
  function* requests() {
    let genesis: Uint8Array | undefined;
    for (const path of files.spools) {
      for (const { kind, payload } of readSpool(path)) {
        if (kind === 3) genesis = payload;
        else if (genesis !== undefined) yield { genesis, enrolment: payload };
      }
    }
  }
  return enrolInto(requests(), files.dir, {
    onProgress: (done) => tell('enrolled', done, plan.chains),
  });
}

async function send(order: Exclude<Prepare['step'], string>): Promise<number> {
  const mainLog = await readPinnedLog(files.dir);
  const known = concat(...files.known.map((path) => new Uint8Array(readFileSync(path))));
  const fleet = new Fleet(nodeSuite, plan, mainLog, known);
  const indexes = sampled(order.sample);
  if (existsSync(files.answers)) hearAnswers(fleet, new Set(indexes));
  const spool = new SpoolWriter(files.spools[part] as string);
  const total = indexes.length * (order.to - order.from);
  for (let round = order.from; round < order.to; round++) {
    for (const { kind, chainId, payload } of fleet.round(round, indexes)) {
      spool.add({ kind: kind === 'anchor' ? 1 : 2, chainId, payload });
      tell('signed', spool.count, total);
    }
  }
  spool.close();
  return spool.count;
}

function sampled({ step: every, count: total }: Sample): readonly number[] {
  const { from, to } = share(total);
  return Array.from({ length: to - from }, (_, i) => (from + i) * every);
}

/** The centre has signed them; that they hold is for others to test. */
function hearAnswers(fleet: Fleet, indexes: ReadonlySet<number>): void {
  const { mainLog } = fleet;
  const credulous = { ...nodeSuite, verify: () => true };
  for (const { chainId, payload } of readSpool(files.answers)) {
    const index = fleet.indexOf(chainId);
    if (index === undefined || !indexes.has(index)) continue;
    const answer = openAnswer(credulous, payload, { chainId, mainLog });
    if (!answer.ok || answer.value.kind !== 'receipt') continue;
    fleet.receipted(index, receiptedSize(credulous, answer.value.message, mainLog) ?? 0);
  }
}

function tell(what: string, done: number, total: number): void {
  if (part !== 0 || performance.now() - toldMs < 10_000) return;
  toldMs = performance.now();
  process.stderr.write(`  ${what} ${done} of ${total}\n`);
}
