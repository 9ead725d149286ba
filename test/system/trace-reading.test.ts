// SPDX-License-Identifier: Apache-2.0
// One reading, followed from the meter to the bill: read, in a block of its sidechain, in the summary of
// its window, under an anchor that stands on the main log, in the sum that is billed. Each hop is
// proven by a file that `tieline verify` checks offline, with the same keys.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { getJson, type Network, newNetwork, tieline } from './harness/network.ts';
import { until } from './harness/until.ts';

type Verified = {
  readonly status: string;
  readonly hops: readonly { readonly name: string; readonly detail: string }[];
  readonly proved: Readonly<Record<string, unknown>> & {
    readonly values: readonly { readonly obis: string; readonly value: string | null }[];
  };
  readonly block: { readonly height: number };
};

type Summary = Readonly<
  Record<'id' | 'device' | 'obis' | 'unit' | 'from' | 'to' | 'quality' | 'proof', string>
> & {
  readonly count: number;
  readonly revision: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly delta: string | null;
};

const obis = '1-0:1.8.0*255';

async function verified(path: string, keys: string): Promise<Verified> {
  const { code, out, errors } = await tieline('verify', path, '--keys', keys, '--json');
  expect(code, out + errors).toBe(0);
  const verdict = JSON.parse(out) as Verified;
  expect(verdict.status).toBe('valid');
  return verdict;
}

async function saved({ dir, centreApi }: Network, path: string, name: string): Promise<string> {
  const response = await fetch(centreApi + path);
  expect([path, response.status]).toEqual([path, 200]);
  const file = join(dir, name);
  await writeFile(file, new Uint8Array(await response.arrayBuffer()));
  return file;
}

/** The newest reading that has a receipt, with its proof. */
async function provenReading({ dir, gatewayData }: Network, keys: string) {
  const out = join(dir, 'reading.proof');
  await until('a reading with a receipt', async () => {
    const made = await tieline('proof', '--data', gatewayData, '--out', out);
    return made.code === 0 || undefined;
  });
  const { proved, hops, block } = await verified(out, keys);
  const value = proved.values.find((one) => one.obis === obis)?.value ?? '';
  return {
    timeMs: Date.parse(String(proved.time)),
    device: String(proved.device),
    value,
    hops,
    block,
  };
}

/** Of its window, the latest revision, once the centre has it. */
function summaryOf({ centreApi }: Network, device: string, timeMs: number): Promise<Summary> {
  return until('the summary of its window', async () => {
    const query = new URLSearchParams({ device, obis, limit: '1000' });
    const page = (await getJson(`${centreApi}/api/v1/summaries?${query}`)) as {
      readonly summaries: readonly Summary[];
    };
    return page.summaries.find(
      ({ from, to }) => Date.parse(from) <= timeMs && timeMs < Date.parse(to),
    );
  });
}

test('raw reading, sidechain block, summary, anchor, main log, bill: each hop is proven', async () => {
  const network = await newNetwork({ meterCount: 1, periodMs: 500, windowSeconds: 5 });
  await network.gateway.start();
  const { centreApi, chainId } = network;
  const keys = await saved(network, `/api/v1/chains/${chainId}/keys`, 'keys');
  // The first window has no reading before it, so nobody knows what was counted in it.
  await until('two windows', async () => {
    const path = `${centreApi}/api/v1/chains/${chainId}/summaries`;
    const page = (await getJson(path)) as { readonly summaries: readonly Summary[] };
    return (
      page.summaries.filter((one) => one.obis === obis && one.delta !== null).length > 1 ||
      undefined
    );
  });

  const reading = await provenReading(network, keys);
  const anchored = ['history', 'checkpoint', 'receipt'];
  expect(reading.hops.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['reading', ...anchored]),
  );

  const summary = await summaryOf(network, reading.device, reading.timeMs);
  const { proved, hops, block } = await verified(
    await saved(network, summary.proof, 'summary.proof'),
    keys,
  );
  expect(hops.map(({ name }) => name)).toEqual(expect.arrayContaining(['summary', ...anchored]));
  const { device, first, last, delta, count } = summary;
  expect(proved).toMatchObject({ device, obis, first, last, delta, count });
  // The counter only grows: what was read lies between the first and the last reading of the window.
  expect(Number(reading.value)).toBeGreaterThanOrEqual(Number(first));
  expect(Number(reading.value)).toBeLessThanOrEqual(Number(last));
  // Its window closed behind it.
  expect(block.height).toBeGreaterThan(reading.block.height);

  const span = new URLSearchParams({ device, obis, from: summary.from, to: summary.to });
  const { registers } = (await getJson(`${centreApi}/api/v1/usage?${span}`)) as {
    readonly registers: readonly { readonly total: string; readonly proof: string }[];
  };
  const [bill] = registers;
  expect(bill?.total).toBe(delta);
  const usage = await saved(network, bill?.proof ?? '', 'usage.proof');
  expect(await verified(usage, keys)).toMatchObject({ kind: 'usage', device, obis, total: delta });
  const profile = (await getJson(`${centreApi}/api/v1/profile?${span}`)) as {
    readonly intervalBlocks: readonly { readonly intervalReadings: readonly object[] }[];
  };
  expect(profile.intervalBlocks[0]?.intervalReadings).toMatchObject([
    { value: delta, summary: summary.id, from: summary.from, to: summary.to },
  ]);
});
