// SPDX-License-Identifier: Apache-2.0
// Four organisations on four real engines: their receipts and checkpoints verify with tools that
// know nothing of the engine; one may be killed or lie, with two away nothing is decided and
// nothing lost, and who returns has the same ledger.

import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { logKeyType } from '../../base/checkpoint.ts';
import { cosignerKeyType } from '../../base/cosignature.ts';
import { keyIdOf } from '../../base/ids.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { noteVerifierText } from '../../base/note.ts';
import { fetchProposals, fetchRegistry, propose, vote } from '../../dispatch/govern.ts';
import { encodeTransaction } from '../../dispatch/ledger/transaction-codec.ts';
import { readKeyFile } from '../../host/key-file.ts';
import { openAnchor } from '../../sidechain/chain/anchor.ts';
import { type FakeChain, makeChain, signerOf } from '../unit/dispatch/fake-chain.ts';
import { Consortium } from './harness/consortium.ts';
import { must, tieline } from './harness/network.ts';
import { sleep, until } from './harness/until.ts';
import { runPython, runTool } from './run-tool.ts';

const all = [0, 1, 2, 3];
let consortium: Consortium;
let chain: FakeChain;

beforeAll(async () => {
  consortium = await Consortium.make();
  await consortium.start(...all);
  chain = makeChain(consortium.mainLog, { seed: 5 });
}, 300_000);
afterAll(() => consortium?.end());

/** The next anchor of the chain, and what came of it. */
async function anchorNext() {
  const from = chain.size > 1 || sent > 0 ? sent : 0;
  if (sent > 0) chain.addBlock();
  const bytes = chain.anchor({ from });
  const received = await consortium.anchor(chain, bytes);
  sent = chain.size;
  return { bytes, ...received };
}
let sent = 0;

/** Height and hash of the newest block, once all of these have the same. */
function agreement(indexes: readonly number[]) {
  return until('all have one ledger', async () => {
    const found = await Promise.all(indexes.map((index) => consortium.status(index)));
    const hashes = new Set(found.map((status) => status?.appHash ?? 'none'));
    return hashes.size === 1 && !hashes.has('none') ? found[0] : undefined;
  });
}

test('a receipt by three of four, verified by Python; a checkpoint, verified by Go', async () => {
  await consortium.enrol(chain);
  const { bytes, message, checked } = await anchorNext();
  expect(message.receipts.length).toBeGreaterThanOrEqual(3);
  const { keys, origin } = consortium.mainLog;
  for (const [i, receipt] of message.receipts.entries()) {
    const keyId = toHex(checked.signers[i] ?? new Uint8Array());
    const key = keys.find(({ publicKey }) => toHex(keyIdOf(suite, publicKey)) === keyId);
    const given = {
      receipt: toHex(receipt),
      publicKey: toHex(key?.publicKey ?? new Uint8Array()),
      leafData: toHex(suite.sha256(bytes)),
    };
    const run = runPython('verify_receipt.py', JSON.stringify(given));
    expect(run.stderr).toBe('');
    const said = { issuer: origin, keyId, index: checked.index, signedSize: checked.size };
    expect(JSON.parse(run.stdout)).toMatchObject(said);
  }
  const note = await (await fetch(`${consortium.api(1)}/api/v1/log`)).text();
  expect(verifiedByGo(note)).toEqual({ logLines: 1, cosigners: note.split('\n').length - 6 });
});

/** How many lines of which kind golang.org/x/mod/sumdb/note takes for good. */
function verifiedByGo(note: string) {
  const directory = mkdtempSync(join(tmpdir(), 'tieline-go-'));
  try {
    const program = join(directory, 'check');
    const build = ['build', '-buildvcs=false', '-o', program, '.'];
    expect(runTool('go', build, { directory: 'test/system/go' }).stderr).toBe('');
    const { keys, origin } = consortium.mainLog;
    const asked = keys[1]?.publicKey ?? new Uint8Array();
    const logKey = noteVerifierText(suite, { name: origin, type: logKeyType, publicKey: asked });
    const cosignerKeys = keys.map(({ publicKey }) => {
      const name = `${origin}/${toHex(keyIdOf(suite, publicKey))}`;
      return noteVerifierText(suite, { name, type: cosignerKeyType, publicKey });
    });
    const [, size, root] = note.split('\n');
    const question = { note, logKey, cosignerKeys, size: Number(size), root };
    const run = runTool(program, [], { input: JSON.stringify(question) });
    expect(run.stderr).toBe('');
    const { verified, unverified } = JSON.parse(run.stdout) as Record<string, string[]>;
    expect(unverified).toEqual([]);
    const logLines = verified?.filter((name) => name === origin).length;
    return { logLines, cosigners: (verified?.length ?? 0) - (logLines ?? 0) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('quiet but for one anchor, it gives a receipt by the next blocks, which each proposes in turn', async () => {
  const proposers = new Set<string>();
  while (proposers.size < 4) {
    const before = await quietHeight();
    const { checked } = await anchorNext();
    const after = await consortium.status(0);
    // The block with the anchor, the one by whose votes it is signed, and one that publishes that.
    expect((after?.height ?? 0) - before).toBeLessThanOrEqual(3);
    expect(checked.signers.length).toBeGreaterThanOrEqual(3);
    expect(after?.round).toBeGreaterThanOrEqual(0);
    if (after?.proposer) proposers.add(after.proposer);
  }
  expect([...proposers].sort()).toEqual(consortium.mainLog.keys.map(({ name }) => name).sort());
});

/** Of the newest block, once all have it and none follows by itself. */
async function quietHeight(): Promise<number> {
  const height = async () => (await agreement(all)).height;
  let seen = await height();
  return until('no block follows', async () => {
    await sleep(2_000);
    const now = await height();
    const isQuiet = now === seen;
    seen = now;
    return isQuiet ? now : undefined;
  });
}

test('votes of three change the registry of all four, while anchors go on', async () => {
  const { publicKey } = signerOf(7_400);
  const place = (index: number) => ({ apiUrl: consortium.api(index) });
  const officer = (index: number) =>
    readKeyFile(consortium.made.nodes[index]?.files.governanceKey ?? '');
  const { mainLog } = consortium;
  const reason = 'the night shift';
  const roles = ['dispatch'] as const;
  const person = { publicKey, name: 'nora', roles, organisation: 'organisation-2' };
  const change = { kind: 'person', person } as const;
  const given = { changes: [change], reason, mainLog, signer: await officer(1) };
  const anchoring = anchorNext();
  expect(await propose(place(1), given)).toMatchObject({ status: 'pending', needed: 3 });
  await anchoring;
  for (const index of [0, 2]) {
    const open = await until('the proposal is known', async () => {
      const [found] = await fetchProposals(place(index));
      return found?.open;
    });
    const voting = vote(place(index), { proposal: open, mainLog, signer: await officer(index) });
    await anchorNext();
    const status = index === 0 ? 'pending' : 'taken';
    expect(await voting).toMatchObject({ status });
  }
  for (const index of all) {
    const { version, persons } = await until('the change is everywhere', async () => {
      const registry = await fetchRegistry(place(index));
      return registry.version === 1 ? registry : undefined;
    });
    expect([version, persons.map(({ name }) => name)]).toEqual([
      1,
      expect.arrayContaining(['nora']),
    ]);
  }
  await agreement(all);
});

test('one that proposes an anchor without the signatures of its chain is refused by name', async () => {
  await consortium.kill(3);
  const fork = chain.forkAt(1);
  fork.addBlocks(chain.size);
  const lie = openAnchor(fork.anchor({ from: sent, cosigners: [0] }));
  if (!lie.ok) throw new Error(lie.detail);
  await consortium.startLiar(3, encodeTransaction({ kind: 'anchor', anchor: lie.value }));
  const before = (await consortium.status(0))?.size ?? 0;
  let taken = 0;
  await until('its proposals are refused', async () => {
    await anchorNext();
    taken++;
    const named = await Promise.all([0, 1, 2].map((index) => consortium.status(index)));
    return named.every((one) => (one?.refused['proposal/organisation-4'] ?? 0) > 0)
      ? true
      : undefined;
  });
  await consortium.kill(3);
  await consortium.start(3);
  // What was taken is on the log, and nothing of the lie.
  expect(await agreement(all)).toMatchObject({ size: before + taken });
});

test('one killed: the others go on; two killed: nothing is decided, and nothing lost', async () => {
  await consortium.kill(3);
  expect((await anchorNext()).checked.signers).toHaveLength(3);
  await agreement([0, 1, 2]);
  await consortium.kill(2);
  const before = await until('the health says so', async () => {
    const status = await consortium.status(0);
    return status?.state === 'stalled' && status.connected.length === 1 ? status : undefined;
  });
  chain.addBlock();
  const bytes = chain.anchor({ from: sent });
  const waiting = consortium.anchor(chain, bytes);
  const held = await until('it waits for a block', async () => {
    const found = await Promise.all([0, 1].map((index) => consortium.status(index)));
    return found.find((status) => (status?.waiting ?? 0) > 0);
  });
  expect(held).toMatchObject({ height: before.height, size: before.size });
  await consortium.start(2, 3);
  const { checked } = await waiting;
  sent = chain.size;
  expect(checked.signers.length).toBeGreaterThanOrEqual(3);
  expect(await agreement(all)).toMatchObject({ size: checked.size });
});

test('one that lost its disk comes back from an older copy, and votes on nothing twice', async () => {
  const { files } = consortium.made.nodes[3] ?? {};
  if (files === undefined) throw new Error('there are four nodes');
  const home = join(dirname(files.ledger), 'engine');
  const state = join(home, 'data', 'priv_validator_state.json');
  const voted = () =>
    Number((JSON.parse(readFileSync(state, 'utf8')) as { height: string }).height);
  const copy = join(consortium.dir, 'copy-of-4');
  const words = ['dispatch', 'backup', '--config', files.config, '--to', copy];
  expect(await tieline(...words)).toMatchObject({ code: 1, errors: expect.stringMatching('runs') });
  await consortium.kill(3);
  await must(...words);
  const copied = voted();
  await consortium.start(3);
  const own = toHex(keyIdOf(suite, consortium.mainLog.keys[3]?.publicKey ?? new Uint8Array()));
  const untilItSigns = () =>
    until('it signs receipts', async () => {
      const { checked } = await anchorNext();
      return checked.signers.map(toHex).includes(own) && voted() > copied ? true : undefined;
    });
  await untilItSigns();
  await consortium.kill(3);
  const lost = voted();
  for (const path of [files.ledger, `${files.ledger}-wal`, `${files.ledger}-shm`, home]) {
    rmSync(path, { recursive: true, force: true });
  }
  await must('dispatch', 'restore', '--config', files.config, '--from', copy);
  expect(voted()).toBeLessThan(lost);
  const starting = consortium.start(3);
  await anchorNext();
  await starting;
  expect(voted()).toBeGreaterThan(lost);
  await agreement(all);
  await untilItSigns();
  for (const index of all) {
    const { refused } = (await consortium.status(index)) ?? {};
    expect(Object.keys(refused ?? {})).not.toContain('double-vote/organisation-4');
  }
});

test('one that signs with a key that is not its own is refused by name; the others go on', async () => {
  const [liar, other] = [consortium.made.nodes[3], consortium.made.nodes[2]];
  await consortium.kill(3);
  copyFileSync(other?.files.logKey ?? '', liar?.files.logKey ?? '');
  await consortium.start(3);
  const own = toHex(keyIdOf(suite, consortium.mainLog.keys[3]?.publicKey ?? new Uint8Array()));
  // Its votes count for nothing before it has caught up, so there have to be some after that.
  await until('its votes are refused', async () => {
    const { checked } = await anchorNext();
    expect(checked.signers.map(toHex)).not.toContain(own);
    const status = await consortium.status(0);
    const named = Object.keys(status?.refused ?? {});
    return named.includes('vote-receipt-signature/organisation-4') ? true : undefined;
  });
});

/** The last one: a consortium of which half has lied does not go on by itself (decision 135). */
test('two that lie about what they sign: those who are honest decide nothing', async () => {
  for (const index of [2, 3]) {
    await consortium.kill(index);
    await consortium.startLiar(index);
  }
  await until('they are connected', async () => {
    const status = await consortium.status(0);
    return status?.connected.length === 3 || undefined;
  });
  const size = (await consortium.status(0))?.size;
  chain.addBlock();
  // Nobody answers it any more.
  void consortium.anchor(chain, chain.anchor({ from: sent })).catch(() => {});
  const refusing = await until('both are refused by name', async () => {
    const status = await consortium.status(0);
    const named = Object.keys(status?.refused ?? {}).filter((name) => name.startsWith('vote-'));
    return new Set(named.map((name) => name.split('/')[1])).size === 2 ? status : undefined;
  });
  const stalled = await until('the health says that it does not go on', async () => {
    const found = await Promise.all([0, 1].map((index) => consortium.status(index)));
    return found.find((status) => status?.state === 'stalled' && status.waiting > 0);
  });
  expect([refusing.size, stalled.size]).toEqual([size, size]);
});
