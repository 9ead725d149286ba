// SPDX-License-Identifier: Apache-2.0
// The audit of a chain whose oldest blocks were carried away, and whose segments are not at hand: it
// cannot begin at the genesis. What is kept is held against itself and against the tree hashes of
// all blocks; those against the newest receipt and the signed checkpoint, which speak for the
// blocks that are not here. The state is taken as it is stored, and the blocks after it are applied
// again.

import { equal } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import { openAnchor } from '../chain/anchor.ts';
import { isPersonal, openEntry, type SignedEntry, verifyEntry } from '../chain/entry.ts';
import { checkReceiptsBySize } from '../chain/key-periods.ts';
import type { Member, Person } from '../chain/member.ts';
import { acceptedEntries } from '../chain/prove.ts';
import { decodeReceiptMessage } from '../chain/receipt-message.ts';
import type { Registry } from '../chain/registry.ts';
import type { KeyPeriods } from '../chain/retired-key.ts';
import { KnownVerdicts } from '../chain/verdicts.ts';
import type { Kept } from './archive-table.ts';
import type { AuditOptions, AuditReport } from './audit.ts';
import { flawOfCosigned } from './audit-beside.ts';
import type { Flaw } from './audit-block.ts';
import type { ChainInfo } from './chain-file.ts';
import type { Cosigned } from './cosigned-table.ts';
import { DamagedEntryError, segmentItems } from './make-segment.ts';
import { type OpenLedger, openLedger } from './open-ledger.ts';
import { type ArchivedBlock, checkedBlocks } from './segment-blocks.ts';

type Found = {
  readonly chain: ChainInfo;
  readonly kept: Kept;
  readonly cosigned: Cosigned | undefined;
};

type Counts = {
  height: number;
  entryCount: number;
  refusedCount: number;
  outputCount: number;
  /** What the newest receipt is for. */
  anchor?: { readonly size: number; readonly root: Uint8Array };
};

export async function auditKept(options: AuditOptions, found: Found): Promise<AuditReport> {
  const { chainId } = found.chain;
  const counts: Counts = {
    height: found.kept.height,
    entryCount: 0,
    refusedCount: 0,
    outputCount: 0,
  };
  try {
    const opened = await openKept(options, found);
    const flaw =
      (await flawOfBlocks(options, found, { opened, counts })) ??
      (await flawOfSigned(options.suite, found, { opened, counts }));
    if (flaw !== undefined) return { ok: false, chainId, height: counts.height, ...flaw };
    const receiptSize = opened.ledger.registry.receipt?.size ?? 0;
    const cosignedSize = found.cosigned?.size ?? 0;
    const checkedFrom = found.kept.height;
    const { anchor: _, ...counted } = counts;
    return { ok: true, chainId, ...counted, checkedFrom, receiptSize, cosignedSize };
  } catch (error) {
    const flaw = flawIn(error);
    if (flaw === undefined) throw error;
    return { ok: false, chainId, height: counts.height, ...flaw };
  }
}

/** Applies the blocks after the stored state again. */
function openKept(options: AuditOptions, { chain }: Found): Promise<OpenLedger> {
  const { suite, database, contracts } = options;
  const { chainId, genesisBytes } = chain;
  return openLedger({
    ...{ suite, database, contracts, genesisBytes },
    known: new KnownVerdicts(suite, chainId),
    nowMs: 0,
  });
}

/** `counts.height` is that of the block that is looked at. */
async function flawOfBlocks(
  { suite, database }: AuditOptions,
  { chain, kept }: Found,
  { opened, counts }: { readonly opened: OpenLedger; readonly counts: Counts },
): Promise<Flaw | undefined> {
  const { chainId } = chain;
  const range = { chainId, from: kept.height, to: opened.last.height, before: kept.before };
  const items = segmentItems(suite, database, range);
  let next = kept.height;
  for await (const block of checkedBlocks(suite, items, (flaw) => new KeptFlaw(flaw))) {
    counts.height = block.height;
    if (block.height !== next) return { reason: 'missing', detail: `block ${next} is missing` };
    next += 1;
    const flaw = flawOfEntries(suite, block, { chainId, opened, counts });
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function flawOfEntries(
  suite: Suite,
  { body, outputs }: ArchivedBlock,
  at: { readonly chainId: Uint8Array; readonly opened: OpenLedger; readonly counts: Counts },
): Flaw | undefined {
  const { registry } = at.opened.ledger;
  const accepted = body === undefined ? [] : acceptedEntries(body, outputs);
  for (const { entry } of accepted) {
    const signed = openEntry(suite, entry);
    const signer = signed.ok ? signerOf(registry, signed.value) : undefined;
    const isSigned =
      signed.ok &&
      signer !== undefined &&
      verifyEntry(suite, signed.value, { publicKey: signer.publicKey, chainId: at.chainId });
    if (!isSigned) return { reason: 'entries', detail: 'an entry is not signed by who may' };
    if (signed.value.kind !== 'receipt') continue;
    const anchor = anchoredBy(suite, signed.value.payload, registry.keyPeriods);
    if (anchor === undefined) return { reason: 'entries', detail: 'a receipt is not signed' };
    at.counts.anchor = anchor;
  }
  at.counts.entryCount += accepted.length;
  at.counts.refusedCount += (body?.entries.length ?? 0) - accepted.length;
  at.counts.outputCount += outputs.length;
  return undefined;
}

/** Among all that the chain ever knew: whoever was revoked since has signed before. */
function signerOf(registry: Registry, { kind, keyId }: SignedEntry): Member | Person | undefined {
  return isPersonal(kind) ? registry.person(keyId) : registry.member(keyId);
}

/** The tree hashes of all blocks, against what was signed of them. */
async function flawOfSigned(
  suite: Suite,
  { chain, cosigned }: Found,
  { opened, counts }: { readonly opened: OpenLedger; readonly counts: Counts },
): Promise<Flaw | undefined> {
  const { ledger, history } = opened;
  const { registry, tree } = ledger;
  const root = (size: number) => history.ask({ sizes: [size] }, () => tree.root(size));
  if (cosigned !== undefined && cosigned.size <= tree.size) {
    const member = registry.member(chain.gateway);
    const at = { chainId: chain.chainId, root: await root(cosigned.size), member };
    const flaw = flawOfCosigned(suite, cosigned, at);
    if (flaw !== undefined) return flaw;
  } else if (cosigned !== undefined) {
    return { reason: 'missing', detail: `a checkpoint of ${cosigned.size} blocks was signed` };
  }
  const anchor = counts.anchor;
  if (anchor === undefined || equal(await root(anchor.size), anchor.root)) return undefined;
  return { reason: 'history', detail: `the newest receipt is for other ${anchor.size} blocks` };
}

/** The checkpoint that a receipt is for; undefined where the main log has not signed that. */
function anchoredBy(
  suite: Suite,
  payload: Uint8Array,
  periods: KeyPeriods,
): { readonly size: number; readonly root: Uint8Array } | undefined {
  const message = decodeReceiptMessage(payload);
  const anchor = message.ok ? openAnchor(message.value.anchor) : undefined;
  if (!message.ok || anchor?.ok !== true) return undefined;
  const { receipts } = message.value;
  // By the keys that counted then: those of now did not sign what is old.
  if (!checkReceiptsBySize(suite, anchor.value.bytes, { receipts, periods }).ok) return undefined;
  return anchor.value.checkpoint;
}

class KeptFlaw extends Error {}

function flawIn(error: unknown): Flaw | undefined {
  if (error instanceof KeptFlaw) return { reason: 'header', detail: error.message };
  if (error instanceof DamagedEntryError) return { reason: 'log', detail: error.message };
  if (!(error instanceof TielineError)) return undefined;
  const codes = ['database-corrupt', 'database-damaged', 'database-read', 'tree-leaves'];
  const others = ['log-damaged', 'diverged', 'block-malformed'];
  if (![...codes, ...others].includes(error.code)) return undefined;
  return { reason: 'unreadable', detail: error.message };
}
