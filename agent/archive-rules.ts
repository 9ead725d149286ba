// SPDX-License-Identifier: Apache-2.0
// When a gateway moves old blocks into segments, as its configuration says.

import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import type { ArchiveRules } from '../sidechain/archivist.ts';
import { archivePath } from '../sidechain/store/segment-file.ts';
import { snapshotPath } from '../sidechain/store/snapshot-file.ts';
import type { GatewayConfig } from './config.ts';

const msOf = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const bytesOf = { MB: 1e6, GB: 1e9 } as const;

/**
 * Less may not hold: the state of a busy gateway has some 5 MB, and the 2,304 blocks that no segment may
 * take yet (two intervals of the state root, a group) up to 54 MB, within five eighths of the bound.
 */
const diskBytesLeast = 100e6;

/**
 * What to say of a bound that may be outgrown; undefined of any other. It is taken all the same: of a quiet
 * chain it holds, and who set it with an older program is not to stand still after an update.
 */
export function diskMaxDoubt({
  archive: { diskMax },
}: Pick<GatewayConfig, 'archive'>): Readonly<Record<'what' | 'advice', string>> | undefined {
  if (diskMax === undefined || amountIn(diskMax, bytesOf) >= diskBytesLeast) return undefined;
  const least = `${diskBytesLeast / 1e6}MB`;
  return {
    what: `archive.diskMax is ${diskMax}, less than ${least}: a busy chain outgrows it`,
    advice: `set ${least} or more, or leave it out: no bound`,
  };
}

/** @param neededFrom the first block whose summaries are not at the centre yet. */
export function archiveRules(
  { data, archive }: Pick<GatewayConfig, 'data' | 'archive'>,
  neededFrom: () => Promise<number>,
): ArchiveRules {
  const { retention, diskMax } = archive;
  return {
    directory: archivePath(data),
    snapshotFile: snapshotPath(data),
    retentionMs: amountIn(retention, msOf),
    diskBytesMax: diskMax === undefined ? undefined : amountIn(diskMax, bytesOf),
    segmentGroups: limits.segmentGroupsMax,
    neededFrom,
  };
}

/** The form was checked with the configuration. */
function amountIn(text: string, units: Readonly<Record<string, number>>): number {
  const [, digits, unit = ''] = /^(\d+)([a-zA-Z]+)$/.exec(text) ?? [];
  const factor = units[unit];
  assert(digits !== undefined && factor !== undefined, `\`${text}\` has its form`);
  return Number(digits) * factor;
}
