// SPDX-License-Identifier: Apache-2.0
// How much room the disk of a directory has left, looked at again and again: whoever must not promise what
// it may not be able to write stops before the disk is full, and goes on when there is room again.

import { statfs } from 'node:fs/promises';
import { messageOf } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Log } from './log.ts';

export type FreeSpace = {
  /** As of the last look. */
  readonly hasRoom: () => boolean;
  readonly stop: () => void;
};

/** Bytes that a program without privileges may still write. */
export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** Resolves after the first look. A disk that cannot be asked is taken to have room: a write will tell. */
export async function watchFreeSpace(
  directory: string,
  parts: {
    readonly log: Log;
    readonly every: (intervalMs: number, run: () => void) => () => void;
    readonly leastBytes?: number;
    readonly ask?: (directory: string) => Promise<number>;
  },
): Promise<FreeSpace> {
  const { log, every, leastBytes = limits.diskReserveBytes, ask = freeBytes } = parts;
  let hasRoom = true;
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      const bytes = await ask(directory);
      // Some more before it goes on: it would else stop and go on with every file that comes and goes.
      const has = bytes >= (hasRoom ? leastBytes : 2 * leastBytes);
      if (has === hasRoom) return;
      hasRoom = has;
      if (has) log.info('disk-has-room', { directory, freeBytes: bytes });
      else log.error('disk-full', { directory, freeBytes: bytes, leastBytes });
    } catch (error) {
      log.debug('disk-not-asked', { directory, reason: messageOf(error) });
    } finally {
      isLooking = false;
    }
  };
  await look();
  const stop = every(limits.diskLookMs, () => void look());
  return { hasRoom: () => hasRoom, stop };
}
