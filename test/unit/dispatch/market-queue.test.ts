// SPDX-License-Identifier: Apache-2.0
// What was signed for the market and waits: on the disk until the centre has given a receipt, sent again
// with the same bytes, in its order, and never lost or doubled by a centre that is away or dies.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { tradeLimits } from '../../../base/trade-limits.ts';
import { enqueue, sendWaiting } from '../../../dispatch/market/queue.ts';
import type { HttpServer } from '../../../host/http.ts';
import { signerOf } from './fake-chain.ts';
import { TestCentre } from './test-centre.ts';
import { demandBy, idOf, keeper, tradeGenesis, tradeLog, trader } from './trade-log.ts';

let centre: TestCentre;
let http: HttpServer;
let queue: string;
beforeEach(async () => {
  queue = join(mkdtempSync(join(tmpdir(), 'tieline-queue-')), 'waiting');
  centre = await TestCentre.begin({ genesis: tradeGenesis, signer: keeper });
  http = await centre.serve();
});
afterEach(async () => {
  await http.close();
  await centre.end();
  rmSync(join(queue, '..'), { recursive: true });
});

const send = (apiUrl = http.url) => sendWaiting(queue, { apiUrl }, tradeLog);
const endings = () => readdirSync(queue).map((name) => name.split('.')[1]);
const three = [1, 2, 3].map(() => demandBy(trader.grid));

test('waits while the centre is away, and then goes in its order, once', async () => {
  for (const [i, record] of three.entries()) await enqueue(queue, record, i);
  const [first = new Uint8Array()] = three;
  await enqueue(queue, first, 9);
  await http.close();
  const away = await send();
  expect(away.map(({ status }) => status)).toEqual(['waits', 'waits', 'waits']);
  expect(endings()).toEqual(['record', 'record', 'record']);
  http = await centre.serve();
  const sent = await send();
  expect(sent).toEqual(
    three.map((record, i) => ({ id: toHex(idOf(record)), status: 'taken', logIndex: i + 1 })),
  );
  expect(endings()).toEqual(['receipt', 'receipt', 'receipt']);
  expect(await send()).toEqual([]);
});

test('a centre that dies after the write and before the answer has it once', async () => {
  const [record = new Uint8Array()] = three;
  await enqueue(queue, record, 1);
  await http.close();
  await centre.kill();
  await centre.start({ crash: { write: 0, when: 'after' } });
  http = await centre.serve();
  expect(await send()).toMatchObject([{ status: 'waits' }]);
  await http.close();
  await centre.kill();
  await centre.start();
  http = await centre.serve();
  expect(await send()).toMatchObject([{ status: 'taken', logIndex: 1 }]);
});

test('what is refused for good keeps nobody waiting, and says why', async () => {
  await enqueue(queue, demandBy(signerOf(999)), 1);
  const [record = new Uint8Array()] = three;
  await enqueue(queue, record, 2);
  expect(await send()).toMatchObject([
    { status: 'refused', reason: expect.stringMatching(/^unknown-signer/) },
    { status: 'taken' },
  ]);
  expect(endings().sort()).toEqual(['receipt', 'refused']);
});

test('what another program has sent meanwhile is no fault', async () => {
  for (const [i, record] of three.entries()) await enqueue(queue, record, i);
  const last = readdirSync(queue).sort().at(-1) ?? '';
  const sending = send();
  while (!endings().includes('receipt')) await new Promise((resolve) => setImmediate(resolve));
  rmSync(join(queue, last));
  expect((await sending).map(({ status }) => status)).toEqual(['taken', 'taken']);
});

test('is bounded', async () => {
  const { queueMax } = tradeLimits;
  const [record = new Uint8Array()] = three;
  await enqueue(queue, record, 0);
  for (let i = 1; i < queueMax; i++) writeFileSync(join(queue, `${i}-${i}.record`), '');
  const another = enqueue(queue, demandBy(trader.grid), 1);
  await expect(another).rejects.toMatchObject({ code: 'queue-full' });
});
