// SPDX-License-Identifier: Apache-2.0
// A process that makes what the ingest is measured with: a centre with a fleet enrolled, and the
// fleet's messages in a file. Argument: a `Prepare` as JSON; answers with a `Prepared`.

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { nodeSuite } from '../../../base/node-suite.ts';
import { enrolFleetInto } from '../../../dispatch/fleet/enrol-fleet-into.ts';
import { Fleet } from '../../../dispatch/fleet/fleet.ts';
import { receiptedSize } from '../../../dispatch/fleet/receipted-size.ts';
import { initDispatch } from '../../../dispatch/init.ts';
import { readPinnedLog } from '../../../dispatch/pinned-log.ts';
import { openAnswer } from '../../../sidechain/chain/answer.ts';
import type { Prepare, Prepared } from './orders.ts';
import { readSpool, SpoolWriter } from './spool.ts';

const { plan, files, step } = JSON.parse(process.argv[2] ?? '') as Prepare;
const started = performance.now();
const made = step === 'enrol' ? await enrol() : await round(step);
const seconds = (performance.now() - started) / 1_000;
process.stdout.write(`${JSON.stringify({ ...made, seconds } satisfies Prepared)}\n`);

async function enrol(): Promise<Omit<Prepared, 'seconds'>> {
  mkdirSync(dirname(files.dir), { recursive: true });
  await initDispatch({
    dir: files.dir,
    origin: 'bench.example/main',
    organisation: 'bench',
    person: 'bench',
    mqttUrl: 'mqtt://127.0.0.1:1883',
    httpPort: 0,
  });
  const fleet = new Fleet(nodeSuite, plan, await readPinnedLog(files.dir));
  const count = await enrolFleetInto(fleet, files.dir, { onProgress: () => {} });
  return { count, bytes: 0 };
}

async function round(number: number): Promise<Omit<Prepared, 'seconds'>> {
  const mainLog = await readPinnedLog(files.dir);
  const fleet = new Fleet(nodeSuite, plan, mainLog);
  if (existsSync(files.answers)) {
    for (let index = 0; index < plan.chains; index++) fleet.chain(index);
    // The centre has signed them; that they hold is for others to test.
    const credulous = { ...nodeSuite, verify: () => true };
    for (const { chainId, payload } of readSpool(files.answers)) {
      const answer = openAnswer(credulous, payload, { chainId, mainLog });
      const index = fleet.indexOf(chainId);
      if (!answer.ok || answer.value.kind !== 'receipt' || index === undefined) continue;
      fleet.receipted(index, receiptedSize(credulous, answer.value.message, mainLog) ?? 0);
    }
  }
  const spool = new SpoolWriter(files.spool);
  for (const { kind, chainId, payload } of fleet.round(number)) {
    spool.add({ kind: kind === 'anchor' ? 1 : 2, chainId, payload });
  }
  spool.close();
  return { count: spool.count, bytes: statSync(files.spool).size };
}
