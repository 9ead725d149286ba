// SPDX-License-Identifier: Apache-2.0
// Copies cost those who keep the log nothing of what a commit takes: however many mirrors follow, an
// anchor with its summaries is as many messages and as many leaves as with none.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { MirroredCentre, report } from './mirrored-centre.ts';

let at: MirroredCentre;

beforeEach(async () => {
  at = await MirroredCentre.begin();
}, 60_000);
afterEach(() => at.end(), 60_000);

async function leaves(): Promise<number> {
  return Number((await at.centre.centre.ordering.checkpoint()).split('\n')[1]);
}

/** What is published and appended for one anchor and its summaries, while these follow. */
async function costOf(passes: readonly (() => Promise<unknown>)[]) {
  const before = { messages: at.centre.published.length, leaves: await leaves() };
  await Promise.all([report(at.centre, at.chain), ...passes.map((pass) => pass())]);
  await Promise.all(passes.map((pass) => pass()));
  return {
    messages: at.centre.published.length - before.messages,
    leaves: (await leaves()) - before.leaves,
  };
}

test('a commit takes as many messages with ten mirrors as with none', async () => {
  const alone = await costOf([]);
  expect(alone).toEqual({ messages: 2, leaves: 1 });
  for (const count of [1, 10]) {
    const kept = await Promise.all(Array.from({ length: count }, () => at.keep()));
    const passes = kept.map(
      ({ mirror }) =>
        () =>
          mirror.pass(),
    );
    expect([count, await costOf(passes)]).toEqual([count, alone]);
    const heads = await Promise.all(
      kept.map(async ({ mirror }) => (await mirror.pass()).head.size),
    );
    expect(new Set(heads)).toEqual(new Set([await leaves()]));
  }
});
