// SPDX-License-Identifier: Apache-2.0
// The newest snapshot that this member can give away, as one file: where it stands in the log, and
// the snapshot itself. There is the old one or the new one, never a part of either.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { concat, u32 } from '../../base/bytes.ts';
import { decodeWith, encodeWith, listOf, uint } from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { row } from '../../base/records.ts';
import { groupSize } from '../../base/tree.ts';
import { writeFileDurably } from '../../host/files.ts';
import { openSnapshot } from '../chain/snapshot.ts';
import { type Configuration, emptyConfiguration } from '../raft/configuration/configuration.ts';
import type { Position } from '../raft/entry.ts';

const number = uint(limits.raftNumberMax);
const ids = listOf(number, limits.membersEverMax);
const placeField = row({ index: number, term: number, voters: ids, learners: ids });

export type StoredSnapshot = {
  /** The entry of the log whose block it is of, and Raft's members there. */
  readonly position: Position;
  readonly configuration: Configuration;
  /** Blocks up to it. */
  readonly size: number;
  readonly bytes: Uint8Array;
};

/** Where a data directory keeps it. */
export function snapshotPath(dataDir: string): string {
  return join(dataDir, 'snapshot.tls');
}

/** On the disk when it resolves. @throws TielineError `file` */
export async function saveSnapshot(path: string, stored: StoredSnapshot): Promise<void> {
  const { position, configuration, bytes } = stored;
  const { voters, learners } = configuration;
  const place = encodeWith(placeField, { ...position, voters, learners });
  await writeFileDurably(path, concat(u32(place.length), place, bytes));
}

/** Undefined where there is none, or none that can be read: the next one takes its place. */
export async function loadSnapshot(path: string): Promise<StoredSnapshot | undefined> {
  const file = await readFile(path).catch(() => undefined);
  if (file === undefined || file.length < 4) return undefined;
  const end = 4 + file.readUInt32BE(0);
  const bytes = new Uint8Array(file.subarray(end));
  const placeBytes = new Uint8Array(file.subarray(4, end));
  const place = decodeWith(placeField, placeBytes, { name: 'snapshot' });
  const opened = openSnapshot(bytes);
  if (!place.ok || !opened.ok) return undefined;
  const { voters, learners, index, term } = place.value;
  const configuration = { ...emptyConfiguration, voters, learners };
  const size = opened.value.groupHashes.length * groupSize;
  return { position: { index, term }, configuration, size, bytes };
}
