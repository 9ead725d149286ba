// SPDX-License-Identifier: Apache-2.0
// The history follows what was accepted, from wherever it stands: after a death, and from nothing
// when its file is gone.

import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { historyLimits } from '../../../base/history-limits.ts';
import type { HistoryQuery } from '../../../dispatch/history/history-store.ts';
import { type FakeChain, makeChain } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

let centre: TestCentre;
let chain: FakeChain;

beforeEach(async () => {
  centre = await TestCentre.begin();
  chain = makeChain(mainLog, { seed: 5 });
  await centre.enrol(chain);
});
afterEach(() => centre.end());

/** So many blocks with two summaries, anchored and sent. */
async function report(blocks: number): Promise<void> {
  const from = centre.centre.ordering.chain(chain.chainId)?.anchored?.size ?? 0;
  const heights = Array.from({ length: blocks }, () => chain.addSummaries({}, { device: 'b' }));
  await centre.send(chain, 'anchor', chain.anchor({ from }));
  for (const height of heights) {
    const [answer] = await centre.send(chain, 'summary', chain.summaries(height));
    expect(answer?.kind).toBe('stored');
  }
}

function everything(changed: Partial<HistoryQuery> = {}): HistoryQuery {
  return {
    chainId: chain.chainId,
    fromMs: 0,
    toMs: Number.MAX_SAFE_INTEGER,
    devices: 'all',
    obis: undefined,
    allRevisions: true,
    after: undefined,
    countMax: 1_000,
    ...changed,
  };
}

test('what was stored is in it, in the order of windows and blocks', async () => {
  const blocks = 2 * historyLimits.pageMessagesMax + 1;
  await report(blocks);
  await centre.centre.history.upToDate();
  const rows = await centre.centre.history.query(everything());
  expect(rows.map(({ height, outputIndex }) => [height, outputIndex])).toEqual(
    Array.from({ length: blocks }, (_, i) => [
      [i + 1, 0],
      [i + 1, 1],
    ]).flat(),
  );
});

test('its file may be deleted: the next start makes it again', async () => {
  await report(20);
  await centre.centre.history.upToDate();
  const rows = await centre.centre.history.query(everything());
  await centre.stop();
  rmSync(centre.path('history'));
  await centre.start();
  await centre.centre.history.upToDate();
  expect(await centre.centre.history.query(everything())).toEqual(rows);
});

test.each(['before', 'after'] as const)(
  'killed %s one of its writes, the next start goes on where it stands',
  async (when) => {
    await report(3);
    await centre.kill();
    await centre.start({ historyCrash: { write: 1, when } });
    await centre.centre.history.upToDate();
    await report(3);
    await centre.centre.history.upToDate();
    expect(centre.failures).not.toEqual([]);
    await centre.kill();
    await centre.start();
    await centre.centre.history.upToDate();
    expect(await centre.centre.history.query(everything())).toHaveLength(12);
  },
);

test('chains do not see each other', async () => {
  await report(1);
  await centre.centre.history.upToDate();
  const other = everything({ chainId: new Uint8Array(32) });
  expect(await centre.centre.history.query(other)).toEqual([]);
});
