// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { fuzz } from '../../fuzz/decoder.ts';
import { type FuzzOptions, fuzzAll } from '../../fuzz/watch.ts';
import { decoders } from './troublesome-decoders.ts';

const table = new URL('./troublesome-decoders.ts', import.meta.url).href;

function optionsOf(names: readonly string[], changes: Partial<FuzzOptions> = {}): FuzzOptions {
  return {
    decoders: decoders.filter(({ name }) => names.includes(name)),
    ...{ table, runs: 20, seed: 3, say: () => undefined, ending: new AbortController().signal },
    limits: { heapMegabytesMax: 96, residentMegabytesMax: 8_192, hangMs: 3_000 },
    ...changes,
  };
}

describe('a run of the fuzzer', () => {
  test('comes to its end past decoders that hang, eat memory, end or throw', async () => {
    const lines: string[] = [];
    const names = decoders.map(({ name }) => name);
    const say = (line: string) => lines.push(line);
    const { crashes, left } = await fuzzAll(optionsOf(names, { say }));
    expect(left).toEqual([]);
    const problems = new Map(crashes.map(({ decoder, problem }) => [decoder, problem]));
    expect([...problems.keys()]).toEqual([
      'hangs',
      'eats-objects',
      'ends-its-process',
      'throws-later',
      'throws',
    ]);
    expect(problems.get('hangs')).toBe('it hung for 3 s');
    expect(problems.get('eats-objects')).toMatch(/heap out of memory/);
    expect(problems.get('ends-its-process')).toBe('its process ended with SIGKILL');
    expect(problems.get('throws-later')).toBe('Error: much later');
    const results = lines.filter((line) => !line.startsWith(' ')).map((line) => line.split(':')[0]);
    expect(results).toEqual(names);
  });

  test('shows the bytes at which a process ended, to be read once more', async () => {
    const { crashes } = await fuzzAll(optionsOf(['ends-its-process']));
    const throwing = { ...decoders[0], name: 'ends-its-process', read: () => JSON.parse('{') };
    const [again] = await fuzz(throwing as never, { runs: 1, seed: 3 });
    expect(crashes).toMatchObject([{ run: 0, inputHex: again?.inputHex }]);
  });

  test('stops where it is told to, and says what is left', async () => {
    const ending = new AbortController();
    const options = optionsOf(['sound', 'hangs', 'sound-again'], { ending: ending.signal });
    const say = () => ending.abort();
    expect(await fuzzAll({ ...options, say })).toMatchObject({
      crashes: [],
      left: ['hangs', 'sound-again'],
    });
  });
});
