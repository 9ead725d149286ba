// SPDX-License-Identifier: Apache-2.0
// The demonstration, as a newcomer runs it, and the proof that it leaves behind: with any bit of it
// flipped it verifies no more.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { parseTrustedKeys } from '../../sidechain/chain/trusted-keys.ts';
import { type BundleVerdict, verifyBundle } from '../../sidechain/chain/verify-bundle.ts';
import type { Outcome } from '../demo/story.ts';
import { tieline } from './harness/network.ts';
import { runToEnd } from './harness/restartable.ts';
import { root } from './run-tool.ts';

let directory: string;
let demo: Awaited<ReturnType<typeof runToEnd>>;
let outcome: Outcome;
let bundle: Uint8Array;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tieline-proof-'));
  demo = await runToEnd(process.execPath, [join(root, 'test/demo/main.ts'), '--once', '--json']);
  outcome = JSON.parse(demo.out.trimEnd().split('\n').at(-1) ?? '') as Outcome;
  bundle = new Uint8Array(readFileSync(outcome.proof));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
  rmSync(dirname(outcome.proof), { recursive: true });
});

test('the demonstration ends by itself, with one JSON object as its last line', () => {
  expect(demo, demo.errors).toMatchObject({ code: 0 });
  expect(outcome).toEqual({
    readings: expect.any(Number),
    blocks: expect.any(Number),
    summaries: expect.any(Number),
    anchors: expect.any(Number),
    receipts: expect.any(Number),
    proof: expect.any(String),
    verified: true,
    gateways: 3,
  });
  const { readings, blocks, summaries, anchors, receipts } = outcome;
  for (const count of [readings, blocks, summaries, anchors, receipts]) {
    expect(count).toBeGreaterThan(0);
  }
});

function flipped(byte: number, bit: number): Uint8Array {
  const copy = bundle.slice();
  copy[byte] = (copy[byte] ?? 0) ^ (1 << bit);
  return copy;
}

function keysOf(path: string) {
  const keys = parseTrustedKeys(suite, readFileSync(path, 'utf8'));
  if (!keys.ok) throw new Error(keys.detail);
  return keys.value;
}

test('with any bit of the proof flipped it is not valid (S0-57)', () => {
  const keys = keysOf(`${outcome.proof}.keys`);
  expect(verifyBundle(suite, bundle, keys).status).toBe('valid');
  const seen = new Set<BundleVerdict['status']>();
  const passed: string[] = [];
  for (let byte = 0; byte < bundle.length; byte++) {
    for (let bit = 0; bit < 8; bit++) {
      const { status } = verifyBundle(suite, flipped(byte, bit), keys);
      seen.add(status);
      if (status === 'valid') passed.push(`bit ${bit} of byte ${byte}`);
    }
  }
  expect(passed).toEqual([]);
  expect(seen).toContain('invalid');
  expect(seen).toContain('not-a-bundle');
});

describe('tieline verify', () => {
  const write = (name: string, bytes: Uint8Array): string => {
    const path = join(directory, name);
    writeFileSync(path, bytes);
    return path;
  };
  const verify = async (path: string, ...words: readonly string[]) =>
    tieline('verify', path, ...words);
  const keysFile = () => `${outcome.proof}.keys`;

  test('says 0 with the keys beside the file, and prints each hop', async () => {
    const { code, out } = await verify(outcome.proof, '--keys', keysFile());
    expect(code, out).toBe(0);
    for (const hop of ['reading', 'history', 'checkpoint', 'receipt']) expect(out).toContain(hop);
    expect(out).toMatch(/\nvalid\n$/);
  });

  test('says 1, 2 or 3 for a bit flipped in the header, each part and the last byte', async () => {
    const count = 20;
    const places = Array.from({ length: count }, (_, i) =>
      Math.floor((i * (bundle.length - 1)) / (count - 1)),
    );
    for (const byte of places) {
      const path = write(`flipped-${byte}`, flipped(byte, byte % 8));
      const { code, out, errors } = await verify(path, '--keys', keysFile());
      expect([1, 2, 3], `byte ${byte}: ${out}${errors}`).toContain(code);
      expect(errors).not.toContain('fault of the program');
    }
  });

  test('says 3 without keys, and that it is consistent', async () => {
    // Neither beside the file nor in the user's own place.
    const path = write('no-keys', bundle);
    const before = process.env.XDG_CONFIG_HOME;
    process.env.XDG_CONFIG_HOME = directory;
    try {
      const { code, out } = await verify(path);
      expect(code).toBe(3);
      expect(out).toContain('consistent, signer unknown');
    } finally {
      if (before === undefined) delete process.env.XDG_CONFIG_HOME;
      else process.env.XDG_CONFIG_HOME = before;
    }
  });

  test('says 3 for the keys of others', async () => {
    const others = readFileSync(keysFile(), 'utf8').split('\n').slice(0, 1).join('\n');
    const path = write('others.keys', new TextEncoder().encode(`${others}\n`));
    expect(await verify(outcome.proof, '--keys', path)).toMatchObject({ code: 3 });
  });

  test('says 2 for a file that is no proof', async () => {
    const files = [new Uint8Array(), new TextEncoder().encode('no proof'), bundle.slice(0, -1)];
    for (const [i, bytes] of files.entries()) {
      const path = write(`wrong-${i}`, bytes);
      const { code, out } = await verify(path, '--keys', keysFile());
      expect(code, out).toBe(2);
    }
  });
});
