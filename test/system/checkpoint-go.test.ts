// SPDX-License-Identifier: Apache-2.0
// Checkpoints, co-signatures and proofs, checked by Go's checksum database package
// (golang.org/x/mod/sumdb), which shares no code with ours.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toBase64, utf8 } from '../../base/bytes.ts';
import { formatCheckpoint, logKeyType, signCheckpoint } from '../../base/checkpoint.ts';
import { cosign, cosignerKeyType } from '../../base/cosignature.ts';
import { signerFromSeed } from '../../base/keys.ts';
import { leafHash } from '../../base/merkle.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { formatNote, noteVerifierText } from '../../base/note.ts';
import { HistoryTree } from '../../base/tree.ts';
import { runTool } from './run-tool.ts';

const directory = mkdtempSync(join(tmpdir(), 'tieline-go-'));
const program = join(directory, 'check');
afterAll(() => rmSync(directory, { recursive: true }));

beforeAll(() => {
  const build = ['build', '-buildvcs=false', '-o', program, '.'];
  const { exitCode, stderr } = runTool('go', build, { directory: 'test/system/go' });
  if (exitCode !== 0) throw new Error(`go build: ${stderr}; run deploy/dev-setup`);
});

const size = 1_000;
const leafData = (index: number) => utf8(`header ${index}`);
const leaves = Array.from({ length: size }, (_, i) => leafHash(suite, leafData(i)));
const tree = new HistoryTree(suite, { leafHashAt: (index) => leaves[index] as Uint8Array });
for (const leaf of leaves) tree.append(leaf);

const origin = `tieline/v1/${'5a'.repeat(32)}`;
const signers = [1, 2, 3].map((fill) => signerFromSeed(new Uint8Array(32).fill(fill)));
const [leader, ...members] = signers as [(typeof signers)[number], ...typeof signers];
const memberNames = members.map((_, i) => `${origin}/member${i}`);
const body = formatCheckpoint({ origin, size, root: tree.root() });
const lines = [
  signCheckpoint(suite, origin, body, leader),
  ...members.map((member, i) =>
    cosign(suite, memberNames[i] as string, body, 1_800_000_000, member),
  ),
];

const logKey = noteVerifierText(suite, {
  name: origin,
  type: logKeyType,
  publicKey: leader.publicKey,
});
const cosignerKeys = members.map(({ publicKey }, i) =>
  noteVerifierText(suite, { name: memberNames[i] as string, type: cosignerKeyType, publicKey }),
);
const question = {
  note: formatNote(body, lines),
  logKey,
  cosignerKeys,
  size,
  root: toBase64(tree.root()),
};

function ask(change: object) {
  return runTool(program, [], { input: JSON.stringify({ ...question, ...change }) });
}

function inclusionOf(index: number) {
  return {
    index,
    leafData: toBase64(leafData(index)),
    path: tree.inclusion(index).map(toBase64),
  };
}

describe('C2SP signed-note and tlog-checkpoint, by golang.org/x/mod/sumdb/note', () => {
  test('the line of the log and all co-signatures verify', () => {
    const run = ask({});
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual({
      text: body,
      verified: [origin, ...memberNames],
      unverified: [],
    });
  });

  test('lines of keys that are not asked for stay unverified', () => {
    const run = ask({ cosignerKeys: cosignerKeys.slice(1) });
    expect(JSON.parse(run.stdout)).toMatchObject({
      verified: [origin, memberNames[1]],
      unverified: [memberNames[0]],
    });
  });

  test('an altered signature of each kind is refused', () => {
    for (const [i, line] of lines.entries()) {
      const signature = line.signature.with(-1, (line.signature.at(-1) as number) ^ 1);
      const run = ask({ note: formatNote(body, lines.with(i, { ...line, signature })) });
      expect(run.exitCode).toBe(1);
      expect(run.stderr).toContain(`invalid signature for key ${line.name}`);
    }
  });

  test('an altered verifier key is refused', () => {
    expect(ask({ logKey: logKey.replace('5a', '5b') }).stderr).toContain('invalid verifier hash');
  });
});

describe('RFC 9162 §2.1 proofs, by golang.org/x/mod/sumdb/tlog', () => {
  test.each([0, 255, 256, 511, 767, 768, 998, 999])('inclusion of leaf %d', (index) => {
    expect(ask({ inclusion: inclusionOf(index) })).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test.each([1, 2, 255, 256, 512, 700, 768, 999, 1000])('consistency from size %d', (from) => {
    const fromRoot = toBase64(tree.root(from));
    const consistency = { from, fromRoot, path: tree.consistency(from).map(toBase64) };
    expect(ask({ consistency })).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('the proof of another leaf is refused', () => {
    const run = ask({ inclusion: { ...inclusionOf(7), index: 8 } });
    expect(run.stderr).toContain('inclusion: ');
    expect(run.exitCode).toBe(1);
  });
});
