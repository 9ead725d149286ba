// SPDX-License-Identifier: Apache-2.0
// A mirror follows the keys of the log from those of the genesis on; and names a centre that changes them by
// any other way than the old ones' hand-over.

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromUtf8, toBase64, utf8 } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { type Ask, askOver, CentreClient } from '../../../dispatch/mirror/centre-client.ts';
import { Mirror } from '../../../dispatch/mirror/mirror.ts';
import { mirrorMigrations } from '../../../dispatch/mirror/mirror-schema.ts';
import { MirrorStore } from '../../../dispatch/mirror/mirror-store.ts';
import { verifyMirror } from '../../../dispatch/mirror/verify-mirror.ts';
import type { HttpServer } from '../../../host/http.ts';
import { decodeHandOver, encodeHandOver } from '../../../sidechain/chain/hand-over.ts';
import type { FakeChain } from './fake-chain.ts';
import { InlineDatabase } from './inline-database.ts';
import { kindsOf } from './mirrored-centre.ts';
import { RotatingCentre } from './rotating-centre.ts';

let at: RotatingCentre;
let chain: FakeChain;
let http: HttpServer;
let database: InlineDatabase;
beforeEach(async () => {
  at = await RotatingCentre.begin();
  chain = await at.enrol(41);
  await at.ask(chain, chain.anchor());
  http = await at.centre.serve();
  const path = join(at.centre.directory, 'mirror.sqlite');
  database = new InlineDatabase({ path, mode: 'create', migrations: mirrorMigrations });
});
afterEach(async () => {
  await database.close();
  await http.close();
  await at.end();
});

const asking = (): Ask => askOver({ url: http.url, token: undefined, ca: undefined });

function open(ask: Ask = asking(), mainLog = at.mainLog): Promise<Mirror> {
  const client = new CentreClient(ask, async () => {});
  const { nowMs } = at.centre;
  return Mirror.open({
    ...{ suite, database, mainLog, client, expectsAll: true },
    nowMs: () => nowMs,
  });
}

async function anchorAgain(): Promise<void> {
  const from = chain.size;
  chain.addBlock();
  const receiptSize = at.centre.centre.ordering.keyPeriods.at(-1)?.fromSize ?? 0;
  await at.ask(chain, chain.anchor({ from, receiptSize }));
}

/** The same answers, but for those of one path. */
function altering(path: string, alter: (body: Record<string, unknown>) => object): Ask {
  const ask = asking();
  return async (asked) => {
    const answer = await ask(asked);
    if (!asked.startsWith(path)) return answer;
    const altered = alter(JSON.parse(fromUtf8(answer.body) ?? ''));
    return { ...answer, body: utf8(JSON.stringify(altered)) };
  };
}

const verified = async () =>
  (await verifyMirror(suite, new MirrorStore(database), at.mainLog)).flaws;

describe('over changes of the key', () => {
  test('it follows pass by pass, and its files hold by themselves', async () => {
    const mirror = await open();
    expect((await mirror.pass()).open).toEqual([]);
    await at.rotate();
    expect((await mirror.pass()).open).toEqual([]);
    await anchorAgain();
    await at.rotate();
    await anchorAgain();
    const pass = await mirror.pass();
    expect(pass.open).toEqual([]);
    expect(pass).toMatchObject({ head: { size: 6 }, registryVersion: 2 });
    expect(await verified()).toEqual([]);
    // Opened again on what was kept; and by the public file of now.
    expect((await (await open(undefined, at.publicLog)).pass()).open).toEqual([]);
  });

  test('it begins after them as well', async () => {
    await at.rotate();
    await anchorAgain();
    expect((await (await open()).pass()).open).toEqual([]);
    expect(await verified()).toEqual([]);
  });
});

describe('a centre', () => {
  beforeEach(async () => {
    await (await open()).pass();
    await at.rotate();
    await anchorAgain();
  });

  test('that shows no hand-over has signed with keys that do not count', async () => {
    const mirror = await open(altering('/api/v1/log/hand-overs', () => ({ handOvers: [] })));
    expect(kindsOf(await mirror.pass())).toContainEqual(['log-signature', '', '']);
  });

  test('whose hand-over the old key has not signed', async () => {
    const mirror = await open(altering('/api/v1/log/hand-overs', spoilt));
    const kinds = kindsOf(await mirror.pass());
    expect(kinds).toContainEqual(['log-keys', 'generation 1', '']);
    expect(kinds).toContainEqual(['log-signature', '', '']);
    // Shown as it is, all is well again.
    expect((await (await open()).pass()).open).toEqual([]);
  });

  test('that takes back a hand-over that it has shown', async () => {
    expect((await (await open()).pass()).open).toEqual([]);
    const mirror = await open(altering('/api/v1/log/hand-overs', () => ({ handOvers: [] })));
    expect(kindsOf(await mirror.pass())).toContainEqual(['log-keys', 'generation 1', '']);
  });

  function spoilt(body: Record<string, unknown>) {
    const [item] = body.handOvers as { handOver: string }[];
    const bytes = Uint8Array.from(Buffer.from(item?.handOver ?? '', 'base64'));
    const decoded = decodeHandOver(bytes);
    if (!decoded.ok) throw new Error(decoded.detail);
    const [receipt = new Uint8Array()] = decoded.value.receipts;
    const flipped = receipt.with(receipt.length - 1, (receipt.at(-1) ?? 0) ^ 1);
    const handOver = encodeHandOver({ ...decoded.value, receipts: [flipped] });
    return { handOvers: [{ ...item, handOver: toBase64(handOver) }] };
  }
});

test('its own copy of a hand-over, altered, is found offline', async () => {
  await at.rotate();
  await anchorAgain();
  await (await open()).pass();
  await database.write([{ sql: `UPDATE hand_over SET bytes = x'00'` }]);
  expect((await verified()).join()).toMatch(/hand-over/);
});
