// SPDX-License-Identifier: Apache-2.0
// Writes the proof bundle of a reading from a data directory, also while the gateway runs: the
// reading, its block, the newest anchored checkpoint and its receipts; and the keys file that goes
// beside it.

import { TielineError } from '../base/errors.ts';
import { decodePack } from '../base/pack.ts';
import type { Suite } from '../base/suite.ts';
import type { Database } from '../host/sqlite.ts';
import { openAnchor } from '../sidechain/chain/anchor.ts';
import { decodeBatch } from '../sidechain/chain/batch.ts';
import { encodeBundle } from '../sidechain/chain/bundle.ts';
import { openEntry, verifyEntry } from '../sidechain/chain/entry.ts';
import { openGenesis } from '../sidechain/chain/genesis.ts';
import { acceptedEntries, proveReading } from '../sidechain/chain/prove.ts';
import { decodeReceiptMessage, type ReceiptMessage } from '../sidechain/chain/receipt-message.ts';
import type { Registry } from '../sidechain/chain/registry.ts';
import { formatTrustedKeys } from '../sidechain/chain/trusted-keys.ts';
import { readKept } from '../sidechain/store/archive-table.ts';
import { ArchivedGroups } from '../sidechain/store/archived-groups.ts';
import { readBlocks } from '../sidechain/store/block-table.ts';
import { openChainDatabase, readChain } from '../sidechain/store/chain-file.ts';
import { provenChanges, readChanges } from '../sidechain/store/membership-table.ts';
import { type OpenLedger, openLedger } from '../sidechain/store/open-ledger.ts';
import { readSegmentHead } from '../sidechain/store/segment.ts';
import { archivePath, listSegments, withSegment } from '../sidechain/store/segment-file.ts';
import { gatewayContracts } from './contracts.ts';
import {
  type BlockSource,
  blocksOf,
  findReading,
  formatReadingId,
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
      verdicts: (entry, publicKey) => verifyEntry(suite, entry, { publicKey, chainId }),
      nowMs: options.nowMs,
      archived: (position) => archived.leafHashes(position),
    });
    const { reading } = options;
    return await proofOf(suite, database, { ...opened, genesisBytes, reading, archived });
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

/** How the members came to be, where any change stands under the checkpoint. */
async function membershipUnder({ history }: OpenLedger, database: Database, size: number) {
  const changes = (await readChanges(database)).filter(({ height }) => height < size);
  return changes.length === 0
    ? {}
    : { membership: { changes: await provenChanges(changes, { history, size }) } };
}

type Proving = OpenLedger & {
  readonly genesisBytes: Uint8Array;
  readonly reading: string;
  readonly archived: ArchivedGroups;
};

async function proofOf(suite: Suite, database: Database, given: Proving): Promise<MadeProof> {
  const { ledger, history, genesisBytes, archived } = given;
  const blocks = blocksOf(database, archived);
  const { registry } = ledger;
  const message = await newestReceipt(suite, blocks, registry);
  const anchor = openAnchor(message.anchor);
  if (!anchor.ok) throw new TielineError('database-damaged', anchor.detail);
  const { size } = anchor.value.checkpoint;
  const { reading } = given;
  const { height: keptFrom } = await readKept(database);
  const place = await placeOf(suite, blocks, { reading, size, keptFrom });
  const { height } = place;
  const [stored] = await readBlocks(database, { from: height, to: height });
  const row = stored ?? (await archived.block(height));
  if (row === undefined)
    throw new TielineError('database-damaged', `block ${height} has no header`);
  const batch = batchAt(suite, place);
  const bundle = encodeBundle({
    genesis: genesisBytes,
    header: row.headerBytes,
    headerPath: await history.ask({ sizes: [size], leaves: [height] }, (tree) =>
      tree.inclusion(height, size),
    ),
    anchor: message.anchor,
    receipts: message.receipts,
    ...(await membershipUnder(given, database, size)),
    reading: proveReading(suite, place, {
      ...place,
      schema: schemaOfPack(registry, { gateway: batch.gateway, pack: batch.pack }),
    }),
  });
  const keys = formatTrustedKeys(suite, {
    mainLog: registry.mainLog,
    chainId: ledger.chainId,
    members: registry.members,
  });
  const { gateway, sequence } = batch;
  const readingId = formatReadingId({ gateway, sequence, packIndex: place.packIndex });
  return { readingId, bundle, keys };
}

async function newestReceipt(
  suite: Suite,
  blocks: BlockSource,
  registry: Registry,
): Promise<ReceiptMessage> {
  const { receipt } = registry;
  if (receipt === undefined) {
    throw new TielineError('no-receipt', 'the main chain has not taken an anchor of this chain', {
      retry: 'transient',
      hint: 'see `tieline status`: a proof is possible once the first receipt is there',
    });
  }
  const block = await blocks(receipt.height);
  const entries = block === undefined ? [] : acceptedEntries(block.body, block.outputs);
  for (const { entry } of entries.toReversed()) {
    const opened = openEntry(suite, entry);
    if (!opened.ok || opened.value.kind !== 'receipt') continue;
    const message = decodeReceiptMessage(opened.value.payload);
    if (message.ok) return message.value;
  }
  throw new TielineError('database-damaged', `block ${receipt.height} has lost its receipt`, {
    hint: 'run `tieline chain verify`; it names what was changed',
  });
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

function batchAt(suite: Suite, place: ReadingPlace) {
  const given = acceptedEntries(place.body, place.outputs)[place.entryIndex];
  const opened = given && openEntry(suite, given.entry);
  const batch = opened?.ok === true ? decodeBatch(opened.value.payload) : undefined;
  const pack = given?.packs?.packs[place.packIndex];
  if (batch?.ok !== true || pack === undefined) {
    throw new TielineError('database-damaged', `block ${place.height} has lost its batch`);
  }
  return { ...batch.value, pack };
}

function schemaOfPack(
  registry: Registry,
  of: { readonly gateway: Uint8Array; readonly pack: Uint8Array },
): Uint8Array {
  const pack = decodePack(of.pack);
  const payload = pack.ok ? registry.schemaPayload(of.gateway, pack.value.schemaId) : undefined;
  if (payload !== undefined) return payload;
  throw new TielineError('database-damaged', 'the schema of this reading is not on the chain');
}
