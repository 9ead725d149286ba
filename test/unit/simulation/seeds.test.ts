// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { runSeed, type Watcher, type WorldKind } from '../../simulation/run-seed.ts';
import { traceLine } from '../../simulation/trace.ts';
import { coreFaults } from '../../simulation/world/weather.ts';

type Seen = { readonly kinds: ReadonlyMap<string, number>; readonly acknowledged: number };

/** Those worlds keep all promises. @returns what was done to them. */
async function runWorlds(kind: WorldKind, count: number): Promise<Seen> {
  const kinds = new Map<string, number>();
  let acknowledged = 0;
  for (let seed = 1; seed <= count; seed++) {
    const outcome = await runSeed(seed, { kind });
    expect(outcome.violation, `seed ${seed}`).toBeUndefined();
    acknowledged += outcome.acknowledged;
    for (const [kind, times] of Object.entries(outcome.faults)) {
      kinds.set(kind, (kinds.get(kind) ?? 0) + times);
    }
  }
  return { kinds, acknowledged };
}

function expectSeen({ kinds, acknowledged }: Seen, expected: readonly string[], least: number) {
  // Else they prove nothing.
  expect(acknowledged).toBeGreaterThan(least);
  for (const kind of expected) expect(kinds.get(kind), kind).toBeGreaterThan(0);
}

const messageFaults = ['message-lost', 'message-doubled', 'message-late'];

test('40 worlds of cores in which things go wrong, and no promise is broken', async () => {
  const seen = await runWorlds('cores', 40);
  expectSeen(seen, [...coreFaults, ...messageFaults, 'membership-change', 'transfer'], 800);
});

test('12 worlds of gateways in which things go wrong, and no promise is broken', async () => {
  const seen = await runWorlds('gateways', 12);
  const some = [
    'crash',
    'power-cut-in-write',
    'failed-sync',
    'full-disk',
    'older-copy',
    'partition',
  ];
  expectSeen(seen, [...some, ...messageFaults], 200);
});

async function traceOf(seed: number, kind: WorldKind): Promise<string> {
  const lines: string[] = [];
  const watch: Watcher = (happening, nowMs) => lines.push(traceLine(happening, nowMs));
  await runSeed(seed, { watch, kind });
  return lines.join('\n');
}

test.each(['cores', 'gateways'] as const)(
  'the same seed gives the same history of %s, to the last byte',
  async (kind) => {
    const first = await traceOf(7, kind);
    expect(first.split('\n').length).toBeGreaterThan(1_000);
    expect((await traceOf(7, kind)) === first).toBe(true);
    expect((await traceOf(8, kind)) === first).toBe(false);
  },
);
