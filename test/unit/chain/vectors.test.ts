// SPDX-License-Identifier: Apache-2.0
// The formats in bytes (v0): the code still makes what test/vectors/v0 holds, and still takes what
// it holds. A change of a format shows as a changed file, to be reviewed and written anew with
// `vitest -u`.

import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../base/bytes.ts';
import { leafHash } from '../../../base/merkle.ts';
import { nobleSuite } from '../../../base/noble-suite.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { Suite } from '../../../base/suite.ts';
import { HistoryTree } from '../../../base/tree.ts';
import { checkAnchor, openAnchor } from '../../../sidechain/chain/anchor.ts';
import { openAnswer } from '../../../sidechain/chain/answer.ts';
import { openEnrolment } from '../../../sidechain/chain/enrolment.ts';
import { openEntry, verifyEntry } from '../../../sidechain/chain/entry.ts';
import { enrolGenesis } from '../../../sidechain/chain/genesis.ts';
import { decodeHeader } from '../../../sidechain/chain/header.ts';
import { openMainGenesis } from '../../../sidechain/chain/main-genesis.ts';
import {
  checkReceiptMessage,
  decodeReceiptMessage,
} from '../../../sidechain/chain/receipt-message.ts';
import {
  checkSummaryMessage,
  decodeSummaryMessage,
} from '../../../sidechain/chain/summary-message.ts';
import { parseTrustedKeys } from '../../../sidechain/chain/trusted-keys.ts';
import { verifyBundle } from '../../../sidechain/chain/verify-bundle.ts';
import { readVectors } from '../../vectors/read-vectors.ts';
import { story } from './vector-story.ts';

type Story = typeof story;
type Name = keyof Story;
const read = <K extends Name>(name: K) => readVectors<Story[K]>(`v0/${name}.json`);
const names = Object.keys(story) as Name[];

test.each(names)('%s: the code makes the bytes of the file', async (name) => {
  const made = `${JSON.stringify(story[name], null, 2)}\n`;
  await expect(made).toMatchFileSnapshot(`../../vectors/v0/${name}.json`);
});

function unhex(text: string | undefined): Uint8Array {
  const bytes = fromHex(text ?? '');
  if (bytes === undefined) throw new Error('a vector is hex');
  return bytes;
}

/** Throws where the vector is refused. */
function taken<T>(result: { ok: true; value: T } | { ok: false; detail: string }): T {
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

describe.each<[string, Suite]>([
  ['node:crypto', nodeSuite],
  ['noble', nobleSuite],
])('the bytes of the files, with %s', (_, suite) => {
  /** What the files' geneses say; read in the test, so that new files can be written first. */
  const opened = () => {
    const given = read('genesis');
    const main = taken(openMainGenesis(suite, unhex(given.mainGenesis)));
    const own = taken(enrolGenesis(suite, unhex(given.genesis)));
    return { given, main, mainLog: main.mainLog, ...own };
  };

  test('name chain and log, and enrol one on the other', () => {
    const { given, main, mainLog, genesis, chainId } = opened();
    expect(toHex(chainId)).toBe(given.chainId);
    expect(toHex(mainLog.id)).toBe(given.mainLogId);
    expect(genesis.mainLog).toEqual(mainLog);
    const enrolled = openEnrolment(suite, unhex(given.enrolment), {
      registry: main.genesis,
      id: mainLog.id,
    });
    expect(taken(enrolled)).toMatchObject({ chainId, name: 'Rosenweg', by: { name: 'dana' } });
  });

  test('are entries that the gateway and the engineer signed', () => {
    const { chainId } = opened();
    const { gateway, engineer } = read('keys');
    const publicKey = unhex(gateway.publicKey);
    const { schemaEntry, batchEntry, gapEntry, membershipEntry } = read('entries');
    const membership = taken(openEntry(suite, unhex(membershipEntry)));
    const by = { publicKey: unhex(engineer.publicKey), chainId };
    expect(verifyEntry(suite, membership, by)).toBe(true);
    for (const bytes of [schemaEntry, batchEntry, gapEntry]) {
      const entry = taken(openEntry(suite, unhex(bytes)));
      expect(verifyEntry(suite, entry, { publicKey, chainId })).toBe(true);
    }
  });

  test('are headers, each of which holds the hash of the one before', () => {
    const { chainId } = opened();
    const { blocks } = read('blocks');
    const tree = new HistoryTree(suite, { leafHashAt: () => new Uint8Array(32) });
    let previous = new Uint8Array(32);
    for (const { header: hex, headerHash, height, root } of blocks) {
      const header = taken(decodeHeader(unhex(hex)));
      expect(header).toMatchObject({ height, previous, chainId });
      previous = new Uint8Array(suite.sha256(unhex(hex)));
      expect(toHex(previous)).toBe(headerHash);
      tree.append(leafHash(suite, unhex(hex)));
      expect(toHex(tree.root())).toBe(root);
    }
  });

  test('are anchors and their receipts, one after the other', () => {
    const { mainLog, genesis } = opened();
    const { anchors, receiptMessages } = read('uplink');
    const members = genesis.members.map((member) => {
      const keyId = unhex(read('keys').gateway.keyId);
      return { ...member, keyId, revoked: false };
    });
    let previous: { size: number; root: Uint8Array } | undefined;
    for (const [i, hex] of receiptMessages.entries()) {
      const message = taken(decodeReceiptMessage(unhex(hex)));
      const receipt = taken(checkReceiptMessage(suite, message, { mainLog, previous }));
      expect(toHex(receipt.anchor.bytes)).toBe(anchors[i]);
      const anchor = taken(openAnchor(unhex(anchors[i])));
      const { policy } = genesis;
      expect(checkAnchor(suite, anchor, { members, policy })).toMatchObject({ ok: true });
      previous = receipt;
    }
    expect(previous?.size).toBe(3);
  });

  test('are a summary message and answers', () => {
    const { mainLog, chainId } = opened();
    const { summaryMessage, answers } = read('uplink');
    const message = taken(decodeSummaryMessage(unhex(summaryMessage)));
    const root = unhex(read('blocks').blocks[4]?.root);
    expect(checkSummaryMessage(suite, message, { chainId, root })).toMatchObject({ ok: true });
    for (const { kind, bytes } of answers) {
      expect(taken(openAnswer(suite, unhex(bytes), { chainId, mainLog })).kind).toBe(kind);
    }
  });

  test('are bundles that hold with the keys beside them', () => {
    const { keys, reading, summary } = read('bundles');
    const trusted = taken(parseTrustedKeys(suite, keys));
    for (const bundle of [reading, summary]) {
      expect(verifyBundle(suite, unhex(bundle), trusted)).toMatchObject({ status: 'valid' });
    }
  });
});
