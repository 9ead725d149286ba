// SPDX-License-Identifier: Apache-2.0
// Writes the proof bundle of a reading from a data directory, also while the gateway runs: the
// reading, its block, the newest anchored checkpoint and its receipts; and the keys file that goes
// beside it.

import { assert } from '../base/assert.ts';
import { TielineError } from '../base/errors.ts';
import type { Suite } from '../base/suite.ts';
import { openGenesis } from '../sidechain/chain/genesis.ts';
import { formatTrustedKeys } from '../sidechain/chain/trusted-keys.ts';
import { KnownVerdicts } from '../sidechain/chain/verdicts.ts';
import { readKept } from '../sidechain/store/archive-table.ts';
import { ArchivedGroups } from '../sidechain/store/archived-groups.ts';
import { openChainDatabase, readChain } from '../sidechain/store/chain-file.ts';
import { openLedger } from '../sidechain/store/open-ledger.ts';
import { readSegmentHead } from '../sidechain/store/segment.ts';
import { archivePath, listSegments, withSegment } from '../sidechain/store/segment-file.ts';
import { gatewayContracts } from './contracts.ts';
import { provePlace } from './prove-place.ts';
import {
  type BlockSource,
  findReading,
  newestReading,
  parseReadingId,
  type ReadingPlace,
} from './readings.ts';

export type MadeProof = {
  readonly readingId: string;
  readonly bundle: Uint8Array;
  /**
   * Text of the keys file, as far as this gateway knows the keys: a verifier should have its own.
   */
  readonly keys: string;
};

/** @param reading an id, or `latest` for the newest reading that has a receipt.
 * @throws TielineError `no-receipt`, `no-reading`, `carried-away`, `segment-damaged`,
 * `database-missing` */
export async function makeProof(
  suite: Suite,
  options: {
    readonly dataDir: string;
    readonly reading: string;
    /** A segment that was carried away. */
    readonly segment?: string | undefined;
    readonly nowMs: number;
  },
): Promise<MadeProof> {
  const database = await openChainDatabase(options.dataDir, 'read-only');
  try {
    const { chainId, genesisBytes } = await readChain(database);
    const genesis = openGenesis(suite, genesisBytes);
    if (!genesis.ok) throw new TielineError('database-damaged', genesis.detail);
    const archived = await archivedGroups(suite, options);
    const opened = await openLedger({
      database,
      suite,
      contracts: gatewayContracts(genesis.value.genesis),
      genesisBytes,
      known: new KnownVerdicts(suite, chainId),
      nowMs: options.nowMs,
      archived: (position) => archived.leafHashes(position),
    });
    const { ledger, history } = opened;
    const { registry } = ledger;
    const askHistory = history.ask.bind(history);
    const { reading } = options;
    const proved = await provePlace(
      suite,
      { database, genesisBytes, registry, archived, askHistory },
      async (blocks, size) => {
        const { height: keptFrom } = await readKept(database);
        return placeOf(suite, blocks, { reading, size, keptFrom });
      },
    );
    assert(proved !== undefined, 'a reading that is not there is an error');
    const { members, keyPeriods: periods } = registry;
    return { ...proved, keys: formatTrustedKeys(suite, { periods, chainId, members }) };
  } finally {
    await database.close();
  }
}

/** The segments in the archive, and the one that is given. */
async function archivedGroups(
  suite: Suite,
  { dataDir, segment }: { readonly dataDir: string; readonly segment?: string | undefined },
): Promise<ArchivedGroups> {
  const files = await listSegments(archivePath(dataDir));
  if (segment === undefined) return new ArchivedGroups(suite, async () => files);
  const given = await withSegment(segment, async (source) => {
    const { from, to } = await readSegmentHead(source);
    return { path: segment, from, to, bytes: source.length };
  });
  return new ArchivedGroups(suite, async () => [given, ...files]);
}

async function placeOf(
  suite: Suite,
  blocks: BlockSource,
  wanted: { readonly reading: string; readonly size: number; readonly keptFrom: number },
): Promise<ReadingPlace> {
  const { reading, size, keptFrom } = wanted;
  if (reading === 'latest') {
    const newest = await newestReading(suite, blocks, size);
    if (newest !== undefined) return newest;
    throw new TielineError('no-reading', 'no reading has a receipt yet', { retry: 'transient' });
  }
  const id = parseReadingId(reading);
  if (id === undefined) {
    throw new TielineError('no-reading', `\`${reading}\` is no reading`, {
      hint: 'give `latest`, or `<gateway key id>-<batch sequence>-<pack>`',
    });
  }
  const place = await findReading(suite, blocks, { ...id, size });
  if (place !== undefined) return place;
  throw new TielineError(
    'no-reading',
    `the anchored part of this chain has no reading ${reading}`,
    {
      hint:
        keptFrom === 0
          ? 'the newest readings can be proved once the next receipt is there'
          : 'it may be too new for a receipt, or in a segment that was carried away: give that ' +
            'with `--segment FILE`; `tieline archive list` names them',
    },
  );
}
