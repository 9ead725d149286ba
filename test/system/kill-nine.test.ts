// SPDX-License-Identifier: Apache-2.0
// Gateway and dispatch node are killed with SIGKILL at random moments, 50 times together, also
// while they start. TIELINE_KILLS is another number; TIELINE_SEED repeats a run whose seed a
// failure has named.

import { expect, test } from 'vitest';
import { expectExact } from './harness/exactness.ts';
import { newNetwork, untilStatus } from './harness/network.ts';
import { type Random, seededRandom, seedOfRun } from './harness/random.ts';
import type { Restartable } from './harness/restartable.ts';
import { sleep } from './harness/until.ts';

const killCount = Number(process.env.TIELINE_KILLS ?? 50);

/** One in four dies before it serves; the others after they served for a while. */
async function killAgainAndAgain(
  program: Restartable,
  count: number,
  random: Random,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    await sleep(random.between(200, 3_000));
    await program.kill();
    if (random.between(1, 4) === 1) {
      program.launch();
      await sleep(random.between(100, 900));
    } else {
      await program.start();
    }
  }
  if (program.isRunning) await program.kill();
  await program.start();
}

test(`SIGKILL ${killCount} times loses and doubles nothing (S0-16)`, async () => {
  const seed = seedOfRun();
  const network = await newNetwork({ periodMs: 250 });
  await network.gateway.start();
  await untilStatus(network, 'a first receipt', ({ ledger }) => ledger.receiptSize > 0);

  const gatewayKills = Math.ceil(killCount / 2);
  await Promise.all([
    killAgainAndAgain(network.gateway, gatewayKills, seededRandom(seed)),
    killAgainAndAgain(network.centre, killCount - gatewayKills, seededRandom(seed + 1)),
  ]).catch((error: unknown) => {
    throw new Error(`with TIELINE_SEED=${seed}`, { cause: error });
  });

  const chain = await expectExact(network).catch((error: unknown) => {
    throw new Error(`with TIELINE_SEED=${seed}`, { cause: error });
  });
  expect(chain.receipts.length, `TIELINE_SEED=${seed}`).toBeGreaterThan(killCount / 10);
});
