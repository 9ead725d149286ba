// SPDX-License-Identifier: Apache-2.0
// A witness by C2SP tlog-witness, asked over HTTP: what it co-signs, and that it never co-signs two
// histories, whatever it is asked at once and wherever it was killed. And the centre that asks it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../../../base/bytes.ts';
import { formatCheckpoint, signCheckpoint } from '../../../../base/checkpoint.ts';
import { cosignerKeyType, verifyCosignature } from '../../../../base/cosignature.ts';
import { leafHash } from '../../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../../base/node-suite.ts';
import { formatNote, parseNote, parseVerifierText } from '../../../../base/note.ts';
import type { Signer } from '../../../../base/suite.ts';
import { HistoryTree } from '../../../../base/tree.ts';
import {
  formatAddCheckpoint,
  parseAddCheckpoint,
  parseLines,
} from '../../../../dispatch/witness/add-checkpoint.ts';
import { type RunningWitness, runWitness } from '../../../../dispatch/witness/run-witness.ts';
import { Witnessing, type WitnessPlace } from '../../../../dispatch/witness/witnessing.ts';
import { createLog } from '../../../../host/log.ts';
import { signerOf } from '../fake-chain.ts';

const origin = 'grid.example/main';
const signer = signerOf(70);
const log = createLog({ level: 'error', write: () => {} });

/** A log of so many leaves; another `fork` has other leaves. */
function treeOf(size: number, fork = 0): HistoryTree {
  const tree = new HistoryTree(suite, { leafHashAt: () => new Uint8Array() });
  for (let i = 0; i < size; i++) tree.append(leafHash(suite, utf8(`${i < 2 ? 0 : fork} ${i}`)));
  return tree;
}

function noteOf(tree: HistoryTree, by: Signer = signer, named = origin): string {
  const body = formatCheckpoint({ origin: named, size: tree.size, root: tree.root() });
  return formatNote(body, [signCheckpoint(suite, named, body, by)]);
}

function requestOf(tree: HistoryTree, from: number): string {
  return formatAddCheckpoint({ from, consistency: tree.consistency(from), note: noteOf(tree) });
}

let directory: string;
let running: RunningWitness;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tieline-witness-'));
  await start();
});
afterEach(async () => {
  await running.close();
  rmSync(directory, { recursive: true });
});

async function start(): Promise<void> {
  running = await runWitness({
    dir: directory,
    name: 'watch.example/tieline',
    host: '127.0.0.1',
    port: 0,
    logs: [{ origin, keys: [signer.publicKey], threshold: 1 }],
    log,
  });
}

function keyOf({ verifierKey }: RunningWitness) {
  const key = parseVerifierText(suite, verifierKey);
  if (!key.ok) throw new Error(key.detail);
  return key.value;
}

async function ask(body: string): Promise<{ status: number; type: string; text: string }> {
  const response = await fetch(`${running.url}/add-checkpoint`, { method: 'POST', body });
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, text: await response.text() };
}

describe('a witness', () => {
  test('co-signs a log that grows, and gives a line that verifies', async () => {
    for (const [from, size] of [
      [0, 3],
      [3, 3],
      [3, 700],
    ] as const) {
      const tree = treeOf(size);
      const { status, text } = await ask(requestOf(tree, from));
      expect(status).toBe(200);
      const [line] = parseLines(utf8(text));
      const note = parseNote(noteOf(tree), { strict: true });
      if (line === undefined || !note.ok) throw new Error('no line');
      const verified = verifyCosignature(suite, note.value.body, line, keyOf(running));
      expect(verified.ok && verified.value.timeSeconds).toBeGreaterThan(1_700_000_000);
    }
  });

  test('answers 409 with the size it has to whoever starts elsewhere', async () => {
    await ask(requestOf(treeOf(5), 0));
    for (const from of [0, 3, 6]) {
      const { status, type, text } = await ask(requestOf(treeOf(9), from));
      expect([status, type, text]).toEqual([409, 'text/x.tlog.size', '5\n']);
    }
    const other = await ask(requestOf(treeOf(5, 1), 5));
    expect([other.status, other.text]).toEqual([409, '5\n']);
  });

  test('refuses what is not proven to extend what it has seen', async () => {
    await ask(requestOf(treeOf(5), 0));
    expect((await ask(requestOf(treeOf(9, 1), 5))).status).toBe(422);
    const bare = formatAddCheckpoint({ from: 5, consistency: [], note: noteOf(treeOf(9)) });
    expect((await ask(bare)).status).toBe(422);
    expect((await ask(requestOf(treeOf(9), 5))).status).toBe(200);
  });

  test('refuses what is malformed, unknown, or signed by another', async () => {
    const tree = treeOf(3);
    const note = noteOf(tree);
    const first = { from: 0, consistency: [], note } as const;
    const by = formatAddCheckpoint({ ...first, note: noteOf(tree, signerOf(71)) });
    const unknown = formatAddCheckpoint({
      ...first,
      note: noteOf(tree, signer, 'other.example/x'),
    });
    expect((await ask(by)).status).toBe(403);
    expect((await ask(unknown)).status).toBe(404);
    for (const body of [
      '',
      note,
      `old 00\n\n${note}`,
      `old -1\n\n${note}`,
      `old 0\nx\n\n${note}`,
      `old 0\n${'A'.repeat(43)}=\n\n${note}`,
      `old 4\n\n${note}`,
      `old 0\n\n${note.slice(0, 40)}`,
    ]) {
      expect([body, (await ask(body)).status]).toEqual([body, 400]);
    }
  });

  test('goes on from its disk', async () => {
    await ask(requestOf(treeOf(5), 0));
    const { verifierKey } = running;
    await running.close();
    await start();
    expect(running.verifierKey).toBe(verifierKey);
    expect((await ask(requestOf(treeOf(9, 1), 0))).text).toBe('5\n');
    expect((await ask(requestOf(treeOf(9), 5))).status).toBe(200);
  });

  test('that has lost its state does not start with its old key', async () => {
    await running.close();
    rmSync(join(directory, 'witness.sqlite'));
    await expect(start()).rejects.toMatchObject({ code: 'witness-state' });
    rmSync(join(directory, 'witness.key'));
    await start();
  });

  test('asked for many histories at once co-signs one', async () => {
    await ask(requestOf(treeOf(2), 0));
    const forks = Array.from({ length: 8 }, (_, i) => treeOf(5 + i, i + 1));
    const answers = await Promise.all(forks.map((tree) => ask(requestOf(tree, 2))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(7);
  });
});

test('a request is read as it is written, and nothing after a flipped character passes for it', () => {
  const tree = treeOf(9);
  const request = { from: 5, consistency: tree.consistency(5), note: noteOf(tree) };
  expect(parseAddCheckpoint(utf8(formatAddCheckpoint(request)))).toMatchObject({
    ok: true,
    value: { from: 5, note: request.note },
  });
  const many = { ...request, consistency: Array.from({ length: 64 }, () => new Uint8Array(32)) };
  expect(parseAddCheckpoint(utf8(formatAddCheckpoint(many))).ok).toBe(false);
});

describe('a log that has witnesses', () => {
  let tree = treeOf(3);
  let witnessing: Witnessing;
  const ordering = {
    checkpoint: async () => noteOf(tree),
    consistency: async (from: number, to: number) => tree.consistency(from, to),
  };

  function watched(...places: readonly WitnessPlace[]): void {
    const monotonicMs = () => performance.now();
    witnessing = new Witnessing({ suite, ordering, witnesses: places, monotonicMs, log, fetch });
    witnessing.start();
  }

  async function linesServed(): Promise<number> {
    const note = parseNote(await witnessing.checkpoint(), { strict: true });
    if (!note.ok) throw new Error(note.detail);
    const lines = note.value.lines.filter(
      (line) => verifyCosignature(suite, note.value.body, line, keyOf(running)).ok,
    );
    return lines.length;
  }

  const own = (): WitnessPlace => ({ url: running.url, key: keyOf(running) });
  const away: WitnessPlace = {
    url: 'http://127.0.0.1:1',
    key: { name: 'away.example', type: cosignerKeyType, publicKey: signerOf(72).publicKey },
  };
  const poll = { timeout: 60_000, interval: 100 };
  afterEach(() => witnessing.close());

  test('serves its checkpoint with their lines, and goes on without one that is away', async () => {
    tree = treeOf(3);
    watched(away, own());
    expect((await witnessing.checkpoint()).length).toBeGreaterThan(0);
    await expect.poll(linesServed, poll).toBe(1);
    tree = treeOf(700);
    await expect.poll(() => witnessing.standings[1]?.size, poll).toBe(700);
    expect(witnessing.standings[0]?.trouble).not.toBe('');
    expect(witnessing.standings[1]?.trouble).toBe('');
  });

  test('finds out what a witness has seen, when it starts again', async () => {
    await ask(requestOf(treeOf(5), 0));
    tree = treeOf(9);
    watched(own());
    await expect.poll(() => witnessing.standings[0]?.size, poll).toBe(9);
  });

  test.each([
    ['older', () => treeOf(4), /older copy/],
    ['another', () => treeOf(5, 1), /another log/],
  ])('that is %s than what a witness has seen is told so', async (_, made, said) => {
    await ask(requestOf(treeOf(5), 0));
    tree = made();
    watched(own());
    await expect.poll(() => witnessing.standings[0]?.trouble, poll).toMatch(said);
    expect(await linesServed()).toBe(0);
  });

  test('takes no line of another key', async () => {
    tree = treeOf(3);
    const key = { ...keyOf(running), publicKey: signerOf(73).publicKey };
    watched({ url: running.url, key });
    await expect.poll(() => witnessing.standings[0]?.trouble, poll).toMatch(/no line of its key/);
  });
});
