// SPDX-License-Identifier: Apache-2.0
// Proves one reading of a chain that is open, from its pack to the newest receipt: for the command
// that writes a bundle, and for the gateway that is asked for one.

import { TielineError } from '../base/errors.ts';
import { decodePack } from '../base/pack.ts';
import type { Suite } from '../base/suite.ts';
import type { HistoryTree } from '../base/tree.ts';
import type { Database } from '../host/sqlite.ts';
import { openAnchor } from '../sidechain/chain/anchor.ts';
import { decodeBatch } from '../sidechain/chain/batch.ts';
import { type Bundle, encodeBundle } from '../sidechain/chain/bundle.ts';
import { openEntry } from '../sidechain/chain/entry.ts';
import { acceptedEntries, proveReading } from '../sidechain/chain/prove.ts';
import { decodeReceiptMessage, type ReceiptMessage } from '../sidechain/chain/receipt-message.ts';
import type { Registry } from '../sidechain/chain/registry.ts';
import type { ArchivedGroups } from '../sidechain/store/archived-groups.ts';
import { readBlocks } from '../sidechain/store/block-table.ts';
import { provenChanges, readChanges } from '../sidechain/store/membership-table.ts';
import { type BlockSource, blocksOf, formatReadingId, type ReadingPlace } from './readings.ts';

/** A chain that proofs are made of. */
export type ProvableChain = {
  readonly database: Database;
  readonly genesisBytes: Uint8Array;
  readonly registry: Registry;
  readonly archived: ArchivedGroups;
  readonly askHistory: <T>(
    about: { readonly sizes?: readonly number[]; readonly leaves?: readonly number[] },
    question: (tree: HistoryTree) => T,
  ) => Promise<T>;
};

/** Finds a reading among the first `size` blocks: those under the newest receipt. */
export type FindPlace = (blocks: BlockSource, size: number) => Promise<ReadingPlace | undefined>;

export type ProvedPlace = { readonly readingId: string; readonly bundle: Uint8Array };

/**
 * @returns undefined where `find` found nothing.
 * @throws TielineError `no-receipt`, `database-damaged`, `segment-damaged`
 */
export async function provePlace(
  suite: Suite,
  chain: ProvableChain,
  find: FindPlace,
): Promise<ProvedPlace | undefined> {
  const { database, genesisBytes, registry, archived, askHistory } = chain;
  const blocks = blocksOf(database, archived);
  const message = await newestReceipt(suite, blocks, registry);
  const anchor = openAnchor(message.anchor);
  if (!anchor.ok) throw new TielineError('database-damaged', anchor.detail);
  const { size } = anchor.value.checkpoint;
  const place = await find(blocks, size);
  if (place === undefined) return undefined;
  const { height } = place;
  const [stored] = await readBlocks(database, { from: height, to: height });
  const row = stored ?? (await archived.block(height));
  if (row === undefined)
    throw new TielineError('database-damaged', `block ${height} has no header`);
  const batch = batchAt(suite, place);
  const bundle = encodeBundle({
    genesis: genesisBytes,
    header: row.headerBytes,
    headerPath: await askHistory({ sizes: [size], leaves: [height] }, (tree) =>
      tree.inclusion(height, size),
    ),
    anchor: message.anchor,
    receipts: message.receipts,
    ...handOversOf(registry),
    ...(await membershipUnder(chain, size)),
    reading: proveReading(suite, place, {
      ...place,
      schema: schemaOfPack(registry, { gateway: batch.gateway, pack: batch.pack }),
    }),
  });
  const { gateway, sequence } = batch;
  const readingId = formatReadingId({ gateway, sequence, packIndex: place.packIndex });
  return { readingId, bundle };
}

/** How the members came to be, where any change stands under the checkpoint. */
async function membershipUnder({ database, askHistory }: ProvableChain, size: number) {
  const changes = (await readChanges(database)).filter(({ height }) => height < size);
  return changes.length === 0
    ? {}
    : {
        membership: {
          changes: await provenChanges(changes, { history: { ask: askHistory }, size }),
        },
      };
}

/** How the main log's keys came to be those of the newest receipt. */
function handOversOf({ handOvers, receipt }: Registry): Pick<Bundle, 'handOvers'> {
  const before = handOvers.filter(({ size }) => size <= (receipt?.mainSize ?? 0));
  return before.length === 0 ? {} : { handOvers: before.map(({ handOver }) => handOver) };
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
