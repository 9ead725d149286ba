// SPDX-License-Identifier: Apache-2.0
// Every reader of bytes that come from outside: it never throws, takes what it wrote, and gives no
// answer but a value that has those very bytes, or a reason. Inputs: random bytes, good ones with a
// few bytes changed, and bytes that promise far more than they hold.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { decodeReceipt } from '../../../base/cose-receipt.ts';
import type { Result } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { openAnchor } from '../../../sidechain/chain/anchor.ts';
import { openAnswer, signAnswer } from '../../../sidechain/chain/answer.ts';
import { decodeBatch, encodeBatch } from '../../../sidechain/chain/batch.ts';
import { decodeBlock, encodeBlock } from '../../../sidechain/chain/block.ts';
import { decodeBundle, encodeBundle } from '../../../sidechain/chain/bundle.ts';
import { openEnrolment, signEnrolment } from '../../../sidechain/chain/enrolment.ts';
import { openEntry } from '../../../sidechain/chain/entry.ts';
import { decodeGap, encodeGap } from '../../../sidechain/chain/gap.ts';
import { enrolGenesis, openGenesis } from '../../../sidechain/chain/genesis.ts';
import { decodeHeader, encodeHeader } from '../../../sidechain/chain/header.ts';
import { firstPeriod } from '../../../sidechain/chain/key-periods.ts';
import { openMainGenesis } from '../../../sidechain/chain/main-genesis.ts';
import { formatMainLogFile, parseMainLogFile } from '../../../sidechain/chain/main-log-file.ts';
import { decodeMembership } from '../../../sidechain/chain/membership.ts';
import {
  decodeReceiptMessage,
  encodeReceiptMessage,
} from '../../../sidechain/chain/receipt-message.ts';
import {
  decodeSummaryMessage,
  encodeSummaryMessage,
} from '../../../sidechain/chain/summary-message.ts';
import { formatTrustedKeys, parseTrustedKeys } from '../../../sidechain/chain/trusted-keys.ts';
import { verifyBundle } from '../../../sidechain/chain/verify-bundle.ts';
import { readingBundle } from './bundle-maker.ts';
import {
  chainId,
  dispatcher,
  gateway,
  mainGenesis,
  mainGenesisBytes,
  mainLogSigner,
  packAt,
  startMs,
} from './fixture.ts';
import { Group } from './group.ts';
import { mutated } from './mutate.ts';

const group = new Group();
const batchEntry = group.batch(1, [packAt(startMs, 1)]);
const gapEntry = group.gap(1);
const payloadOf = (entry: Uint8Array) => {
  const opened = openEntry(suite, entry);
  if (!opened.ok) throw new Error(opened.detail);
  return opened.value.payload;
};
const { header, headerBytes } = group.apply([group.schema()]);
const anchor = group.anchor();
const index = group.mainLog.append(anchor);
const message = group.mainLog.message({ anchor, index });
const { mainLog } = mainGenesis;
const { outputs: sent } = { outputs: [{ index: 0, salt: new Uint8Array(16), bytes: headerBytes }] };
const summary = {
  ...{ chainId: group.chainId, header: headerBytes, size: 2, headerPath: [new Uint8Array(32)] },
  ...{ outputs: sent, hashes: [] },
};
const bundle = readingBundle();

type Reader = {
  readonly read: (bytes: Uint8Array) => Result<unknown>;
  readonly good: Uint8Array;
  /** Of what was read, where there is a way back. */
  readonly write?: (value: never) => Uint8Array;
  readonly bytesMax: number;
};

const readers: Readonly<Record<string, Reader>> = {
  decodeBlock: {
    read: decodeBlock,
    good: encodeBlock(group.body([batchEntry, gapEntry])),
    write: encodeBlock,
    bytesMax: limits.blockBytesMax,
  },
  decodeHeader: { read: decodeHeader, good: headerBytes, write: encodeHeader, bytesMax: 1_024 },
  decodeBatch: {
    read: decodeBatch,
    good: payloadOf(batchEntry.entry),
    write: encodeBatch,
    bytesMax: limits.entryBytesMax,
  },
  decodeGap: {
    read: decodeGap,
    good: payloadOf(gapEntry.entry),
    write: encodeGap,
    bytesMax: limits.entryBytesMax,
  },
  decodeMembership: {
    read: decodeMembership,
    good: payloadOf(group.revocation(1).entry),
    bytesMax: limits.entryBytesMax,
  },
  openEntry: {
    read: (bytes) => openEntry(suite, bytes),
    good: batchEntry.entry,
    bytesMax: limits.entryBytesMax,
  },
  openGenesis: {
    read: (bytes) => openGenesis(suite, bytes),
    good: group.genesisBytes,
    bytesMax: limits.entryBytesMax,
  },
  enrolGenesis: {
    read: (bytes) => enrolGenesis(suite, bytes),
    good: group.genesisBytes,
    bytesMax: limits.entryBytesMax,
  },
  openMainGenesis: {
    read: (bytes) => openMainGenesis(suite, bytes),
    good: mainGenesisBytes,
    bytesMax: limits.entryBytesMax,
  },
  openEnrolment: {
    read: (bytes) => openEnrolment(suite, bytes, { registry: mainGenesis.genesis, id: mainLog.id }),
    good: signEnrolment({ chainId, name: 'x', timeMs: 0 }, mainLog.id, dispatcher),
    bytesMax: limits.entryBytesMax,
  },
  openAnchor: { read: openAnchor, good: anchor, bytesMax: limits.messageBytesMax },
  decodeReceipt: {
    read: decodeReceipt,
    good: message.receipts[0] ?? new Uint8Array(),
    bytesMax: limits.cborBytesMax,
  },
  decodeReceiptMessage: {
    read: decodeReceiptMessage,
    good: encodeReceiptMessage(message),
    write: encodeReceiptMessage,
    bytesMax: limits.messageBytesMax,
  },
  decodeSummaryMessage: {
    read: decodeSummaryMessage,
    good: encodeSummaryMessage(summary),
    write: encodeSummaryMessage,
    bytesMax: limits.messageBytesMax,
  },
  openAnswer: {
    read: (bytes) => openAnswer(suite, bytes, { chainId, mainLog }),
    good: signAnswer({ kind: 'stored', height: 1, indexes: [1, 2] }, chainId, mainLogSigner),
    bytesMax: limits.messageBytesMax,
  },
  decodeBundle: {
    read: decodeBundle,
    good: bundle,
    write: encodeBundle,
    bytesMax: limits.bundleBytesMax,
  },
};

describe.each(Object.entries(readers))('%s', (_, { read, good, write, bytesMax }) => {
  const readsBack = (bytes: Uint8Array) => {
    const result = read(bytes);
    if (!result.ok) {
      expect(result.detail.length).toBeLessThan(1_000);
    } else if (write !== undefined) {
      expect(toHex(write(result.value as never))).toBe(toHex(bytes));
    }
  };

  test('takes what is good, and not a byte more or less', () => {
    expect(read(good).ok).toBe(true);
    readsBack(good);
    expect(read(Uint8Array.of(...good, 0)).ok).toBe(false);
    for (let length = 0; length < good.length; length++) {
      expect(read(good.subarray(0, length)).ok).toBe(false);
    }
  });

  test('never throws for random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readsBack), {
      seed: 1,
      numRuns: 300,
    });
  });

  test('never throws for good bytes with a few changed', () => {
    fc.assert(fc.property(mutated(good), readsBack), { seed: 2, numRuns: 400 });
  });

  test('looks at no more bytes than it must', () => {
    const result = read(new Uint8Array(bytesMax + 1));
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.detail).toMatch(/bytes|tag 18/);
  });
});

test('verifyBundle never throws, and a bundle that was changed is never valid', () => {
  fc.assert(
    fc.property(mutated(bundle), (bytes) => {
      const { status } = verifyBundle(suite, bytes, []);
      const isSame = toHex(bytes) === toHex(bundle);
      expect(['invalid', 'not-a-bundle']).toContain(isSame ? 'invalid' : status);
    }),
    { seed: 3, numRuns: 400 },
  );
});

describe.each<[string, (text: string) => Result<unknown>, string]>([
  [
    'parseTrustedKeys',
    (text) => parseTrustedKeys(suite, text),
    formatTrustedKeys(suite, { periods: firstPeriod(mainLog), chainId, members: [gateway] }),
  ],
  ['parseMainLogFile', parseMainLogFile, formatMainLogFile(mainLog)],
])('%s', (_, parse, good) => {
  test('takes what was written', () => {
    expect(parse(good).ok).toBe(true);
  });

  test('never throws for random text, or for good text with a few characters changed', () => {
    const encoder = new TextEncoder();
    const lenient = new TextDecoder();
    const changed = mutated(encoder.encode(good)).map((bytes) => lenient.decode(bytes));
    const json = fc.json({ maxDepth: 3 });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), changed, json), (text) => {
        expect(typeof parse(text).ok).toBe('boolean');
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});

test('a header is read as it was written', () => {
  expect(decodeHeader(headerBytes)).toEqual({ ok: true, value: header });
});
