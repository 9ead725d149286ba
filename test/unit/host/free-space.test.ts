// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { freeBytes, watchFreeSpace } from '../../../host/free-space.ts';
import { createLog } from '../../../host/log.ts';
import { temporaryDirectory } from '../sidechain/rig.ts';

async function watched(first: number) {
  const lines: string[] = [];
  const log = createLog({ level: 'info', human: false, write: (line) => lines.push(line) });
  const disk = { bytes: first, isGone: false };
  let run: () => unknown = () => {};
  const space = await watchFreeSpace('/data', {
    log,
    every: (_, look) => {
      run = look;
      return () => {};
    },
    leastBytes: 100,
    ask: async () => {
      if (disk.isGone) throw new Error('no such device');
      return disk.bytes;
    },
  });
  const look = async (bytes: number): Promise<boolean> => {
    disk.bytes = bytes;
    void run();
    await new Promise((resolve) => setImmediate(resolve));
    return space.hasRoom();
  };
  const events = () => lines.map((line) => (JSON.parse(line) as { readonly event: string }).event);
  return { space, look, disk, events };
}

test('a disk has room until it is all but full, and then only with some more; each is said once', async () => {
  const { space, look, events } = await watched(1_000);
  expect(space.hasRoom()).toBe(true);
  expect([await look(100), await look(99), await look(98)]).toEqual([true, false, false]);
  expect([await look(150), await look(199), await look(200)]).toEqual([false, false, true]);
  expect(events()).toEqual(['disk-full', 'disk-has-room']);
});

test('a disk that is full at the start is known to be', async () => {
  expect((await watched(99)).space.hasRoom()).toBe(false);
});

test('one that cannot be asked is as it was', async () => {
  const { look, disk, events } = await watched(1_000);
  disk.isGone = true;
  expect(await look(0)).toBe(true);
  expect(events()).toEqual([]);
});

test('the disk of a directory has some room', async () => {
  expect(await freeBytes(temporaryDirectory())).toBeGreaterThan(0);
});
