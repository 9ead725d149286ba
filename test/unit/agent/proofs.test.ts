// SPDX-License-Identifier: Apache-2.0
// From a stored chain to a proof: every reading is found by its id, and what is written verifies.

import { describe, expect, test } from 'vitest';
import { gatewayContracts } from '../../../agent/contracts.ts';
import { makeProof } from '../../../agent/make-proof.ts';
import { blocksOf, findReading, formatReadingId, parseReadingId } from '../../../agent/readings.ts';
import { verdictJson, verdictText } from '../../../agent/verdict.ts';
import { assert } from '../../../base/assert.ts';
import { toHex } from '../../../base/bytes.ts';
import { toSequence } from '../../../base/ids.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { signAnchor } from '../../../sidechain/chain/anchor.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { signEntry } from '../../../sidechain/chain/entry.ts';
import { encodeGap } from '../../../sidechain/chain/gap.ts';
import { openGenesis } from '../../../sidechain/chain/genesis.ts';
import { encodeReceiptMessage } from '../../../sidechain/chain/receipt-message.ts';
import { parseTrustedKeys } from '../../../sidechain/chain/trusted-keys.ts';
import { verifyBundle } from '../../../sidechain/chain/verify-bundle.ts';
import { ArchivedGroups } from '../../../sidechain/store/archived-groups.ts';
import {
  batchEntry,
  chainId,
  gateway,
  genesisBytes,
  mainGenesisBytes,
  mainLogSigner,
  packAt,
  schemaEntry,
  startMs,
} from '../chain/fixture.ts';
import { MainLogTwin } from '../chain/main-log-twin.ts';
import { newChain, startNode, TestDatabase } from '../sidechain/rig.ts';

const genesis = openGenesis(suite, genesisBytes);
assert(genesis.ok, 'the genesis of the tests holds');
const contracts = gatewayContracts(genesis.value.genesis);
const keyId = toHex(gateway.keyId);

function gapEntry(sequence: number): BlockEntry {
  const payload = encodeGap({
    gateway: gateway.keyId as never,
    sequence: toSequence(sequence),
    device: 'urn:dev:ops:test-meter-1',
    fromMs: startMs,
    toMs: startMs,
    reason: 'outbox-full',
    packCount: 1,
  });
  return { entry: signEntry({ kind: 'gap', payload, chainId }, gateway) };
}

/** Packs of batch `sequence`; every fifth batch is empty. */
function packsOf(sequence: number): readonly Uint8Array[] {
  const count = sequence % 5 === 0 ? 0 : 1 + (sequence % 3);
  const timeMs = startMs + sequence * 1_000;
  return Array.from({ length: count }, (_, i) => packAt(timeMs + i, sequence * 10 + i));
}

const batchCount = 40;
/** Takes the number of a batch. */
const gapSequence = 17;

/** Batches in blocks of their own, a gap, idle blocks; then, if wanted, a receipt over all of it. */
async function storedChain(options: { readonly receipt: boolean }): Promise<string> {
  const dataDir = await newChain(contracts);
  const { node, clock } = await startNode(dataDir, { contracts });
  await node.submit(schemaEntry());
  for (let sequence = 1; sequence <= batchCount; sequence++) {
    const isGap = sequence === gapSequence;
    const applied = await node.submit(
      isGap ? gapEntry(sequence) : batchEntry(sequence, packsOf(sequence)),
    );
    assert(applied.kind === 'accepted', 'the chain takes it');
    if (sequence % 7 === 0) await clock.pass(70_000);
  }
  if (options.receipt) {
    const { note } = await node.cosign();
    const parts = { note, from: 0, consistency: [], receiptSize: 0 };
    const anchor = signAnchor(parts, chainId, gateway);
    const log = new MainLogTwin([mainLogSigner], mainGenesisBytes);
    const message = log.message({ anchor, index: log.append(anchor) });
    const payload = encodeReceiptMessage(message);
    const entry = signEntry({ kind: 'receipt', payload, chainId }, gateway);
    assert((await node.submit({ entry })).kind === 'accepted', 'the chain takes the receipt');
    await node.submit(batchEntry(batchCount + 1, packsOf(batchCount + 1)));
  }
  await node.close();
  return dataDir;
}

describe('ids of readings', () => {
  test('are read as they are written', () => {
    const id = { gateway: gateway.keyId, sequence: 12, packIndex: 3 };
    expect(formatReadingId(id)).toBe(`${keyId}-12-3`);
    expect(parseReadingId(`${keyId}-12-3`)).toEqual(id);
  });

  test.each(['', 'latest', keyId, `${keyId}-1`, `${keyId}-1-2-3`, `${keyId}--1-0`, 'zz-1-0'])(
    '%j is none',
    (text) => {
      expect(parseReadingId(text)).toBeUndefined();
    },
  );
});

describe('with a receipt over the chain', () => {
  async function prover() {
    const dataDir = await storedChain({ receipt: true });
    return (reading: string) => makeProof(suite, { dataDir, reading, nowMs: 0 });
  }

  test('every reading is found by its id, and nothing else is', async () => {
    const dataDir = await storedChain({ receipt: true });
    const database = new TestDatabase(dataDir, { readOnly: true });
    const blocks = blocksOf(database, new ArchivedGroups(suite, async () => []));
    const size = 1_000;
    for (let sequence = 0; sequence <= batchCount + 3; sequence++) {
      const isThere = sequence > 0 && sequence <= batchCount + 1 && sequence !== gapSequence;
      const packs = isThere ? packsOf(sequence) : [];
      for (let packIndex = 0; packIndex <= packs.length; packIndex++) {
        const wanted = { gateway: gateway.keyId, sequence, packIndex };
        const place = await findReading(suite, blocks, { ...wanted, size });
        const pack = place?.body.entries
          .flatMap((entry) => (entry.packs === undefined ? [] : [entry.packs.packs]))
          .find((one) => one.length === packs.length)?.[packIndex];
        expect(pack, formatReadingId(wanted)).toEqual(packs[packIndex]);
      }
    }
    await database.close();
  });

  test('its proof verifies with the keys beside it, and says what was read', async () => {
    const prove = await prover();
    const { readingId, bundle, keys } = await prove(`${keyId}-11-1`);
    expect(readingId).toBe(`${keyId}-11-1`);
    const trusted = parseTrustedKeys(suite, keys);
    assert(trusted.ok, 'the keys file is well formed');
    const verdict = verifyBundle(suite, bundle, trusted.value);
    const shown = { verdict, keysFrom: 'FILE.keys' };
    const text = verdictText(suite, shown);
    expect(text).toMatch(/\nvalid$/);
    expect(text).toContain('1-0:1.8.0*255               111 Wh   good');
    expect(JSON.parse(verdictJson(suite, shown))).toMatchObject({
      status: 'valid',
      keysFrom: 'FILE.keys',
      proved: {
        kind: 'reading',
        gateway: keyId,
        sequence: 11,
        values: [{ obis: '1-0:1.8.0*255', value: '111', unit: 'Wh', quality: 'good' }, {}],
      },
    });

    const unknown = verifyBundle(suite, bundle, []);
    expect(verdictText(suite, { verdict: unknown, keysFrom: undefined })).toMatch(
      /consistent, signer unknown: give the keys you trust with --keys$/,
    );
  });

  test('the latest is the newest that the receipt covers', async () => {
    // Batch 40 is empty, and 41 came after the checkpoint.
    const last = packsOf(39).length - 1;
    const prove = await prover();
    expect((await prove('latest')).readingId).toBe(`${keyId}-39-${last}`);
  });

  test('what is not there has no proof', async () => {
    const prove = await prover();
    for (const [what, reading, message] of [
      ['what is no id', 'yesterday', 'is no reading'],
      ['a number that was never given', `${keyId}-99-0`, 'has no reading'],
      ['a gap', `${keyId}-${gapSequence}-0`, 'has no reading'],
      ['a reading after the receipt', `${keyId}-41-0`, 'has no reading'],
      ['a pack that the batch has not', `${keyId}-11-9`, 'has no reading'],
      ['another gateway', '0011223344556677-1-0', 'has no reading'],
    ] as const) {
      const expected = { code: 'no-reading', message: expect.stringContaining(message) };
      await expect(prove(reading), what).rejects.toMatchObject(expected);
    }
  });
});

test('without a receipt there is nothing to prove yet', async () => {
  const dataDir = await storedChain({ receipt: false });
  await expect(makeProof(suite, { dataDir, reading: 'latest', nowMs: 0 })).rejects.toMatchObject({
    code: 'no-receipt',
    retry: 'transient',
  });
});
