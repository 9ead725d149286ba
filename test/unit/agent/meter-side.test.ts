// SPDX-License-Identifier: Apache-2.0
// From the configuration of lines and meters to signed batches, with simulated meters on the
// loopback.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import type { MeterConfig } from '../../../agent/meter-config.ts';
import { startMeterSide } from '../../../agent/meter-side.ts';
import { assert } from '../../../base/assert.ts';
import { equal } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { decodePack, type Pack } from '../../../base/pack.ts';
import { decodeSchema, type Schema, schemaId } from '../../../base/schema.ts';
import { findMeter } from '../../../drivers/index.ts';
import type { MeterDefinition } from '../../../drivers/meter-definition.ts';
import { startSimulatedMeter } from '../../../drivers/simulator/simulate.ts';
import type { Endpoint } from '../../../drivers/transport.ts';
import { createLog } from '../../../host/log.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { openEntry } from '../../../sidechain/chain/entry.ts';
import type { Applied } from '../../../sidechain/store/submissions.ts';
import { chainId, gateway, startMs } from '../chain/fixture.ts';

const definition = findMeter('eastron-sdm120') as MeterDefinition;

/** Keeps what is submitted, readable. */
class Chain {
  readonly chainId = chainId;
  readonly registry = { schema: () => undefined };
  readonly schemas: { readonly schema: Schema; readonly id: Uint8Array }[] = [];
  readonly packs: Pack[] = [];
  #sequence = 0;

  nextSequence = () => ++this.#sequence;
  isOutboxFilling = () => false;

  submit = async ({ entry, packs }: BlockEntry): Promise<Applied> => {
    const opened = openEntry(suite, entry);
    assert(opened.ok, 'an entry is well formed');
    const { kind, payload } = opened.value;
    if (kind === 'schema') {
      const schema = decodeSchema(payload);
      assert(schema.ok, 'a schema is well formed');
      this.schemas.push({ schema: schema.value, id: schemaId(suite, payload) });
    }
    for (const bytes of packs?.packs ?? []) {
      const pack = decodePack(bytes);
      assert(pack.ok, 'a pack is well formed');
      this.packs.push(pack.value);
    }
    return { kind: 'accepted', height: 1 };
  };

  packsOf(periodMs: number): readonly Pack[] {
    const one = this.schemas.find(({ schema }) => schema.periodMs === periodMs);
    return this.packs.filter((pack) => one !== undefined && equal(pack.schemaId, one.id));
  }
}

async function setUp({ onTestFinished }: TestContext, meter: Partial<MeterConfig>) {
  const data = await mkdtemp(join(tmpdir(), 'tieline-meters-'));
  const simulated = await startSimulatedMeter({
    definition,
    unit: 1,
    transport: { kind: 'modbus-tcp', host: '127.0.0.1', port: 0 },
    seed: 1,
    nowMs: () => startMs,
  });
  const { port } = simulated.transport as Endpoint;
  const chain = new Chain();
  const place = { name: 'bus', timeoutMs: 1_000, deviceGapMs: 0, tcp: `127.0.0.1:${port}` };
  const plain = { name: 'main', meter: 'eastron-sdm120', line: 'bus', unit: 1 } as const;
  const first: MeterConfig = { ...plain, periodMs: 200, periods: [], ...meter };
  const batch = { windowMs: 1_000 };
  const lines = [place];
  const meters = [first] as const;
  const side = await startMeterSide(
    suite,
    { data, batch, lines, meters },
    {
      node: chain,
      signer: gateway,
      clock: {
        nowMs: () => startMs,
        monotonicMs: () => performance.now(),
        state: () => ({ state: 'synchronised', errorMs: 1 }),
      },
      log: createLog({ level: 'error', write: () => undefined }),
      random: (length) => new Uint8Array(length).fill(1),
    },
  );
  onTestFinished(async () => {
    await side.close();
    await simulated.close();
    await rm(data, { recursive: true, force: true });
  });
  return { chain, side, data, lines, meters };
}

test('each group of registers has a schema and a period of its own', async (context) => {
  const { chain } = await setUp(context, {
    periods: [{ registers: ['counter'], periodMs: 60_000 }],
  });
  await expect.poll(() => chain.packsOf(200).length, { timeout: 10_000 }).toBeGreaterThan(2);
  expect(chain.packsOf(60_000)).toHaveLength(1);
  const obis = chain.schemas.map(({ schema }) => schema.values.map((value) => value.obis));
  expect(obis.flat().toSorted()).toEqual(definition.registers.map((one) => one.obis).toSorted());
  const [counters, rest] = chain.schemas.map(({ schema }) => schema);
  expect(counters?.values.every(({ kind }) => kind === 'counter')).toBe(true);
  expect(rest?.values.some(({ kind }) => kind === 'counter')).toBe(false);
  expect(counters?.device).toBe(rest?.device);
  for (const { mantissas } of chain.packs) expect(mantissas).not.toContain(null);
});

test('where every register is in a group, none is left for the rest', async (context) => {
  const { chain, side } = await setUp(context, {
    periods: [{ registers: ['counter', 'instantaneous'], periodMs: 300 }],
  });
  await expect.poll(() => chain.packs.length, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(side.pollers).toHaveLength(1);
  expect(chain.schemas).toHaveLength(1);
});

test('what was learned is on disk when it ends', async (context) => {
  const { chain, side, data } = await setUp(context, {});
  await expect.poll(() => chain.packs.length, { timeout: 10_000 }).toBeGreaterThan(0);
  await side.close();
  const learned = JSON.parse(await readFile(join(data, 'learned.json'), 'utf8'));
  expect(learned.lines.bus['unit 1'].latency.length).toBeGreaterThan(0);
});

test('another configuration restarts only what it changes, and the rest misses nothing', async (context) => {
  const { chain, side, lines, meters } = await setUp(context, { periodMs: 200 });
  const [first] = meters;
  await expect.poll(() => chain.packsOf(200).length, { timeout: 10_000 }).toBeGreaterThan(2);
  const [kept] = side.pollers;
  const second = { ...first, name: 'second', periodMs: 300 };
  await side.reload({ lines, meters: [first, second] });
  await expect.poll(() => chain.packsOf(300).length, { timeout: 10_000 }).toBeGreaterThan(2);
  expect(side.pollers[0], 'the one that was there goes on').toBe(kept);
  await side.reload({ lines, meters: [first, { ...second, periodMs: 400 }] });
  await expect.poll(() => chain.packsOf(400).length, { timeout: 10_000 }).toBeGreaterThan(1);
  expect(side.pollers[0]).toBe(kept);
  expect(kept?.status).toMatchObject({ failureCount: 0, missedCount: 0 });
  await side.reload({ lines: [], meters: [] });
  expect(side.pollers).toEqual([]);
});

test('another key in the same file restarts its meter alone', async (context) => {
  const { side, data, lines, meters } = await setUp(context, {});
  const keyFile = join(data, 'meter.key');
  const keyed = [...meters, { ...meters[0], name: 'second', keyFile }];
  const names = async () => {
    const { startedMeters } = await side.reload({ lines, meters: keyed });
    return startedMeters.map(({ name }) => name);
  };
  await writeFile(keyFile, '00112233445566778899aabbccddeeff', { mode: 0o600 });
  expect(await names()).toEqual(['second']);
  expect(await names()).toEqual([]);
  await writeFile(keyFile, 'ffeeddccbbaa99887766554433221100');
  expect(await names()).toEqual(['second']);
});
