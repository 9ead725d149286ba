// SPDX-License-Identifier: Apache-2.0
// An audit over everything that is real: three gateways, mosquitto, a centre. Raw readings are called for at
// random, stand behind their summaries, and are nobody's who may not ask.

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Company, leaderOf, newCompany, statusOf } from './harness/company.ts';
import { getJson, must, tieline } from './harness/network.ts';
import { until } from './harness/until.ts';

type Page = { readonly summaries: readonly { readonly id: string; readonly count: number }[] };
type Report = {
  readonly sound: number;
  readonly of: number;
  readonly samples: readonly { readonly status: string; readonly detail: string }[];
};

function audit(company: Company, words: readonly string[], key = 'dispatcher.key') {
  const { centreDir, centreApi, chainId, dir } = company;
  return tieline(
    ...['audit', '--chain', chainId, '--api', centreApi, '--keys', join(dir, 'trusted')],
    ...['--key', join(centreDir, key), '--main-log', join(centreDir, 'main-log.json'), '--json'],
    ...words,
  );
}

async function untilSummaries(company: Company, countMin: number): Promise<void> {
  const { centreApi, chainId } = company;
  await until('summaries at the centre', async () => {
    const page = (await getJson(`${centreApi}/api/v1/chains/${chainId}/summaries`)) as Page;
    return page.summaries.filter(({ count }) => count > 0).length >= countMin || undefined;
  });
}

test('raw readings drawn at random stand behind their summaries', async () => {
  const company = await newCompany({ periodMs: 500 });
  const { gateways, centreApi, chainId, centreDir, dir } = company;
  await Promise.all(gateways.map(({ program }) => program.start()));
  await untilSummaries(company, 12);
  const keys = await fetch(`${centreApi}/api/v1/chains/${chainId}/keys`);
  await writeFile(join(dir, 'trusted'), await keys.text());

  const run = await audit(company, ['--samples', '6']);
  expect(run, run.out + run.errors).toMatchObject({ code: 0 });
  expect(JSON.parse(run.out)).toMatchObject({ sound: 6, of: 6 });
  await until('every ask noted', async () => {
    const asked = await Promise.all(gateways.map(statusOf));
    return asked.reduce((sum, { uplink }) => sum + uplink.asksAnswered, 0) === 6 || undefined;
  });

  // Another member answers when the one on duty is gone.
  const leader = await leaderOf(gateways);
  await leader.program.kill();
  const after = await audit(company, ['--samples', '3', '--wait', '120']);
  expect(after, after.out + after.errors).toMatchObject({ code: 0 });
  await leader.program.start();

  // Who has no role may not ask.
  await must('key', '--person', 'mallory', '--out', join(centreDir, 'mallory.key'));
  const refused = await audit(company, ['--samples', '1'], 'mallory.key');
  expect(refused.code).not.toBe(0);
  expect(refused.errors).toMatch(/nobody whom the main log knows/);

  // Who trusts nobody is told so, and a chain that says nothing is no proof.
  await rename(join(dir, 'trusted'), join(dir, 'before'));
  await writeFile(join(dir, 'trusted'), '');
  expect(await audit(company, ['--samples', '1'])).toMatchObject({ code: 3 });
  await Promise.all(gateways.map(({ program }) => program.kill()));
  const silent = await audit(company, ['--samples', '1', '--wait', '3']);
  expect(silent).toMatchObject({ code: 1 });
  const report = JSON.parse(silent.out) as Report;
  expect(report.samples).toMatchObject([{ status: 'unanswered' }]);
});
