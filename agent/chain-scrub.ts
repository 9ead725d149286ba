// SPDX-License-Identifier: Apache-2.0
// Looks a gateway's log over for entries that have rotted on the disk, and takes them from the copy
// of another member. A running gateway does the same by itself, slowly, and asks its peers.

import { equal, toHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Suite } from '../base/suite.ts';
import type { Database } from '../host/sqlite.ts';
import { openChainDatabase, readChain } from '../sidechain/store/chain-file.ts';
import { lookOver, repairOf } from '../sidechain/store/log-repair.ts';
import { entryOf, lastLogIndex, readLogRow } from '../sidechain/store/log-table.ts';

type DamagedEntry = {
  readonly index: number;
  readonly repaired: boolean;
  /** Why it could not be. */
  readonly detail?: string;
};

export type ScrubReport = {
  readonly chainId: Uint8Array;
  readonly entryCount: number;
  readonly damaged: readonly DamagedEntry[];
};

/**
 * @param options.from data directory of another member, or a copy of one. Without it nothing is
 * changed, and the gateway may run.
 * @throws TielineError `other-chain`; `database-locked` while the gateway runs.
 */
export async function scrubDataDirectory(
  suite: Suite,
  options: { readonly dataDir: string; readonly from: string | undefined },
): Promise<ScrubReport> {
  const { dataDir, from } = options;
  const database = await openChainDatabase(dataDir, from === undefined ? 'read-only' : 'existing');
  try {
    const source = from === undefined ? undefined : await openChainDatabase(from, 'read-only');
    try {
      return await scrub(suite, database, source);
    } finally {
      await source?.close();
    }
  } finally {
    await database.close();
  }
}

async function scrub(
  suite: Suite,
  database: Database,
  source: Database | undefined,
): Promise<ScrubReport> {
  const { chainId } = await readChain(database);
  if (source !== undefined && !equal((await readChain(source)).chainId, chainId)) {
    throw new TielineError('other-chain', 'the other copy is of another chain', {
      hint: 'give the data directory of another member of this chain, or a copy of it',
    });
  }
  const to = await lastLogIndex(database);
  const damaged: DamagedEntry[] = [];
  let entryCount = 0;
  for (let next = 1; next <= to; ) {
    const range = { from: next, to, bytesMax: limits.storePageBytes };
    const found = await lookOver(suite, database, range);
    for (const index of found.damaged) {
      damaged.push(await mend(suite, { database, source, index }));
    }
    entryCount += found.count;
    next = found.next;
  }
  return { chainId, entryCount, damaged };
}

async function mend(
  suite: Suite,
  at: { readonly database: Database; readonly source: Database | undefined; index: number },
): Promise<DamagedEntry> {
  const { database, source, index } = at;
  const left = (detail: string): DamagedEntry => ({ index, repaired: false, detail });
  if (source === undefined) return left('no other copy was given');
  const row = await readLogRow(source, index);
  const found = row && entryOf(suite, row);
  if (found === undefined) return left('the other copy does not have it either');
  const repair = await repairOf(suite, database, found);
  if (!repair.ok) return left(`the other copy has another one: ${repair.detail}`);
  await database.write([repair.value]);
  return { index, repaired: true };
}

export function scrubText(report: ScrubReport): string {
  const lost = report.damaged.filter(({ repaired }) => !repaired);
  return [
    `chain     ${toHex(report.chainId)}`,
    `entries   ${report.entryCount} in the log, ${report.damaged.length} damaged`,
    ...report.damaged.map(({ index, repaired, detail }) =>
      repaired ? `repaired  entry ${index}` : `DAMAGED   entry ${index}: ${detail}`,
    ),
    lost.length === 0
      ? 'ok'
      : 'Start the gateway: it asks the other members. Or give another copy with --from DIR.',
  ].join('\n');
}

export function scrubJson({ chainId, ...report }: ScrubReport): string {
  const ok = report.damaged.every(({ repaired }) => repaired);
  return JSON.stringify({ ok, chain: toHex(chainId), ...report });
}
