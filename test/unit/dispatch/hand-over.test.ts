// SPDX-License-Identifier: Apache-2.0
// The keys of a log that one organisation keeps change hands: by an act, on the disk at once or not at all,
// and every chain is led from the old ones to the new.

import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { equal } from '../../../base/bytes.ts';
import { parseCheckpoint, verifyLogSignature } from '../../../base/checkpoint.ts';
import { rootOf } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { parseNote } from '../../../base/note.ts';
import { proveSummary } from '../../../dispatch/api/summary-proof.ts';
import { LogKeyring } from '../../../dispatch/log-keyring.ts';
import { LedgerStore } from '../../../dispatch/store/ledger-store.ts';
import { SummaryStore } from '../../../dispatch/store/summary-store.ts';
import { readKeyFile } from '../../../host/key-file.ts';
import { createLog } from '../../../host/log.ts';
import {
  checkReceiptsBySize,
  firstPeriod,
  newestKeys,
} from '../../../sidechain/chain/key-periods.ts';
import { parseKeyPeriods } from '../../../sidechain/chain/main-log-file.ts';
import { changeRegistry } from '../../../sidechain/chain/main-registry-change.ts';
import {
  checkReceiptMessage,
  decodeReceiptMessage,
  type ReceiptMessage,
} from '../../../sidechain/chain/receipt-message.ts';
import { checkTrust, decodeTrust } from '../../../sidechain/chain/trust.ts';
import { formatTrustedKeys, parseTrustedKeys } from '../../../sidechain/chain/trusted-keys.ts';
import { verifyBundle } from '../../../sidechain/chain/verify-bundle.ts';
import { keysChange } from '../chain/hand-over-maker.ts';
import { MainLogTwin } from '../chain/main-log-twin.ts';
import { type FakeChain, signerOf } from './fake-chain.ts';
import { RotatingCentre } from './rotating-centre.ts';

let at: RotatingCentre;
let chain: FakeChain;
beforeEach(async () => {
  at = await RotatingCentre.begin();
  chain = await at.enrol(41);
});
afterEach(() => at.end());

const ordering = () => at.centre.centre.ordering;

function trustIn(payload: Uint8Array | undefined) {
  const message = decodeTrust(payload ?? new Uint8Array());
  if (!message.ok) throw new Error(`no trust message: ${message.detail}`);
  return message.value;
}

function receiptIn(bytes: Uint8Array) {
  const message = decodeReceiptMessage(bytes);
  if (!message.ok) throw new Error(message.detail);
  return message.value;
}

/** The first receipt of the chain, at size 2 of the log. */
async function firstReceipt() {
  const [answer] = await at.ask(chain, chain.anchor());
  return receiptIn(at.receiptIn(chain, answer, at.mainLog));
}

describe('an act that changes the key', () => {
  test('is taken; the new key signs, and its files follow', async () => {
    await firstReceipt();
    expect(await at.rotate()).toEqual({ kind: 'taken', version: 1, logIndex: 2 });
    const { mainLog, keyPeriods } = ordering();
    expect(mainLog.generation).toBe(1);
    expect(keyPeriods.map(({ fromSize }) => fromSize)).toEqual([0, 3]);
    const { files } = at;
    expect(existsSync(files.nextLogKey)).toBe(false);
    expect(mainLog.keys[0]?.publicKey).toEqual((await readKeyFile(files.logKey)).publicKey);
    const retired = await readKeyFile(files.retiredLogKey);
    expect(retired.publicKey).toEqual(at.mainLog.keys[0]?.publicKey);
    const told = parseKeyPeriods(readFileSync(files.mainLog, 'utf8'));
    expect(told).toEqual({ ok: true, value: keyPeriods });
    const note = parseNote(await ordering().checkpoint(), { strict: true });
    if (!note.ok) throw new Error(note.detail);
    const [line] = note.value.lines;
    const { origin: name, keys } = mainLog;
    const by = { name, publicKey: keys[0]?.publicKey ?? new Uint8Array() };
    expect(parseCheckpoint(note.value.body)).toMatchObject({ value: { size: 3 } });
    expect(line && verifyLogSignature(suite, note.value.body, line, by)).toBe(true);
  });

  test('lets no receipt be made between the old key and the new one', async () => {
    const first = await firstReceipt();
    const change = await at.offer();
    const asked: Promise<ReceiptMessage>[] = [];
    const taken = at.propose(change);
    let isTaken = false;
    const done = taken.then(() => {
      isTaken = true;
    });
    while (!isTaken) {
      asked.push(ordering().receipt(1, { from: 0 }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await done;
    asked.push(ordering().receipt(1, { from: 0 }));
    const { keyPeriods: periods } = ordering();
    for (const { receipts } of await Promise.all(asked)) {
      expect(checkReceiptsBySize(suite, first.anchor, { receipts, periods }).ok).toBe(true);
    }
    expect(asked.length).toBeGreaterThan(2);
  });

  test('is refused where the node has not the key, or the offer does not hold', async () => {
    const change = keysChange([signerOf(9)], at.mainLog.id);
    expect(await at.propose(change)).toMatchObject({ kind: 'refused', code: 'next-key' });
    const offered = await at.offer();
    const spoilt = { ...offered, threshold: 2 } as typeof offered;
    expect(await at.propose(spoilt)).toMatchObject({ kind: 'refused', code: 'log-keys' });
    const later = { ...offered, generation: 2 } as typeof offered;
    expect(await at.propose(later)).toMatchObject({ kind: 'refused', code: 'log-keys' });
    expect(ordering().mainLog).toEqual(at.mainLog);
    rmSync(at.files.nextLogKey);
    expect(await at.propose(offered)).toMatchObject({ kind: 'refused', code: 'next-key' });
  });

  test('is refused, and named so, by a log that several keep', () => {
    const { mainLog } = MainLogTwin.of({ keys: 4, threshold: 3 });
    const registry = { organisations: [], persons: [], ...mainLog };
    const keys = [1, 2, 3, 4].map((seed) => signerOf(seed + 500));
    const changes = [keysChange(keys, mainLog.id)];
    expect(changeRegistry(suite, registry, changes, mainLog.id)).toMatchObject({
      code: 'log-keys',
      detail: expect.stringMatching(/several organisations keep/),
    });
  });

  test('outlives a restart, and so does the one after it', async () => {
    await at.rotate();
    await at.centre.stop();
    await at.restart();
    expect(ordering().keyPeriods.map(({ fromSize }) => fromSize)).toEqual([0, 2]);
    expect(await at.rotate()).toMatchObject({ kind: 'taken', version: 2 });
    expect(ordering().mainLog.generation).toBe(2);
    await at.centre.stop();
    // The files of a crash between two renames.
    renameSync(at.files.logKey, at.files.nextLogKey);
    await at.restart();
    expect(existsSync(at.files.logKey)).toBe(true);
    expect(ordering().mainLog.generation).toBe(2);
  });

  test('a ledger is not opened with the key that handed over', async () => {
    await at.rotate();
    await at.centre.stop();
    renameSync(at.files.retiredLogKey, at.files.logKey);
    await expect(at.restart()).rejects.toMatchObject({ code: 'wrong-key' });
  });

  test.each(['before', 'after'] as const)(
    'dies %s its write, whole or not at all',
    async (when) => {
      const change = await at.offer();
      await at.centre.stop();
      const log = createLog({ level: 'error', write: () => {} });
      const keyring = await LogKeyring.open(at.files, log);
      await at.centre.start({ signer: keyring, keyring, crash: { write: 0, when } });
      await expect(at.propose(change)).rejects.toThrow();
      expect(existsSync(at.files.nextLogKey)).toBe(true);
      await at.centre.kill();
      await at.restart();
      const isThere = when === 'after';
      expect(ordering().mainLog.generation).toBe(isThere ? 1 : undefined);
      expect(existsSync(at.files.nextLogKey)).toBe(!isThere);
      if (isThere) {
        const { handOver } = await ordering().handOver(1, { from: 0 });
        expect(handOver.receipts).toHaveLength(1);
      }
    },
  );
});

describe('a chain', () => {
  test('is led over: the hand-over first, then receipts that it can read', async () => {
    const first = await firstReceipt();
    const known = { mainLog: at.mainLog, previous: undefined };
    const before = checkReceiptMessage(suite, first, known);
    if (!before.ok) throw new Error(before.detail);
    await at.rotate();
    chain.addBlocks(2);
    const size = chain.size;
    const [payload, ...more] = await at.ask(chain, chain.anchor({ from: 1, receiptSize: 2 }));
    expect(more).toEqual([]);
    const followed = checkTrust(suite, trustIn(payload), {
      mainLog: at.mainLog,
      head: before.value,
    });
    if (!followed.ok) throw new Error(followed.detail);
    expect(followed.value).toMatchObject({ size: 3, mainLog: ordering().mainLog });
    const again = chain.anchor({ size, from: 1, receiptSize: followed.value.size });
    const [answer] = await at.ask(chain, again);
    const message = receiptIn(at.receiptIn(chain, answer, followed.value.mainLog));
    const checked = checkReceiptMessage(suite, message, {
      mainLog: followed.value.mainLog,
      previous: followed.value,
    });
    // The leaf is of the first sending: the anchor was taken then.
    expect(checked).toMatchObject({ ok: true, value: { index: 3, size: 4 } });
    // Receipts of before hold for ever; of a leaf of before there are new ones as well.
    const { keyPeriods: periods } = ordering();
    const { anchor: statement, receipts } = first;
    expect(checkReceiptsBySize(suite, statement, { receipts, periods }).ok).toBe(true);
    const late = await ordering().receipt(1, { from: 0 });
    const shown = checkReceiptsBySize(suite, late.anchor, { receipts: late.receipts, periods });
    expect(shown).toMatchObject({ ok: true, value: { index: 1, size: 3 } });
    expect(newestKeys(periods).keys[0]?.publicKey).toEqual(
      followed.value.mainLog.keys[0]?.publicKey,
    );
  });

  test('that slept over two changes is led over both, one after the other', async () => {
    await firstReceipt();
    await at.rotate();
    await at.rotate();
    const [one] = await at.ask(chain, chain.anchor({ receiptSize: 2 }));
    const first = checkTrust(suite, trustIn(one), {
      mainLog: at.mainLog,
      head: { size: 2, root: await rootAt(2) },
    });
    if (!first.ok) throw new Error(first.detail);
    const [two] = await at.ask(chain, chain.anchor({ receiptSize: first.value.size }));
    const second = checkTrust(suite, trustIn(two), {
      mainLog: first.value.mainLog,
      head: first.value,
    });
    expect(second).toMatchObject({ ok: true, value: { mainLog: { generation: 2 }, size: 4 } });
  });

  test('whose anchor is refused is led over all the same', async () => {
    await firstReceipt();
    await at.rotate();
    const fork = chain.forkAt(0);
    const [trust, refusal] = await at.ask(chain, fork.anchor({ receiptSize: 2 }));
    expect(trustIn(trust).from).toBe(2);
    expect(refusal).toBeDefined();
  });

  test('founded on the new key is told of no change, nor is one without a receipt misled', async () => {
    await at.rotate();
    const { publicLog } = at;
    expect(publicLog.generation).toBe(1);
    const young = await at.enrol(42, publicLog);
    const [answer] = await at.ask(young, young.anchor());
    expect(at.receiptIn(young, answer, publicLog).length).toBeGreaterThan(0);
    const [payload] = await at.ask(chain, chain.anchor());
    expect(trustIn(payload).from).toBe(0);
    await at.rotate();
    const [next] = await at.ask(young, young.anchor());
    const followed = checkTrust(suite, trustIn(next), { mainLog: publicLog, head: undefined });
    expect(followed).toMatchObject({ ok: true, value: { mainLog: { generation: 2 } } });
  });

  test('that pins a key which the log never had is not enrolled', async () => {
    const [key] = at.mainLog.keys;
    const other = { ...at.mainLog, keys: [{ ...key, publicKey: signerOf(9).publicKey }] };
    await expect(at.enrol(43, other as typeof at.mainLog)).rejects.toThrow();
    await expect(at.enrol(43, { ...at.mainLog, generation: 1 })).rejects.toThrow();
  });
});

test('the bundle of a summary holds from the outside, of before and of after', async () => {
  const height = chain.addSummaries({});
  await at.ask(chain, chain.anchor());
  await at.centre.send(chain, 'summary', chain.summaries(height)).catch(() => {});
  const bundle = async () => {
    const ledger = new LedgerStore(at.centre.ledger);
    const summaries = new SummaryStore(at.centre.ledger);
    const stored = await ledger.chain(suite, chain.chainId);
    if (stored === undefined) throw new Error('the chain is enrolled');
    const sources = { suite, ordering: ordering(), ledger, summaries };
    const key = { chainId: chain.chainId, height, outputIndex: 0 };
    return (await proveSummary(sources, stored, key)) ?? new Uint8Array();
  };
  const before = await bundle();
  await at.rotate();
  const after = await bundle();
  expect(equal(before, after)).toBe(false);
  const record = ordering().chain(chain.chainId);
  if (record === undefined) throw new Error('the chain is enrolled');
  const verdictWith = (input: Uint8Array, periods = ordering().keyPeriods) => {
    const { chainId, members } = record;
    const keys = parseTrustedKeys(suite, formatTrustedKeys(suite, { periods, chainId, members }));
    return verifyBundle(suite, input, keys.ok ? keys.value : []).status;
  };
  expect(verdictWith(before)).toBe('valid');
  expect(verdictWith(after)).toBe('valid');
  expect(verdictWith(after, firstPeriod(at.mainLog))).toBe('unknown-signer');
});

async function rootAt(size: number): Promise<Uint8Array> {
  const hashes = await new LedgerStore(at.centre.ledger).leafHashes(0);
  return rootOf(suite, hashes.slice(0, size));
}
