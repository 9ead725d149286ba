// SPDX-License-Identifier: Apache-2.0
// The launcher, in a package made for the test: what it starts, when it hands over to the Node among the
// packages, that signals and exit codes pass through it, and what it says where it cannot start anything.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const launcher = new URL('../../../deploy/tieline.mjs', import.meta.url);
const pinned = `node_modules/node-${process.platform}-${process.arch}`;
const oldNode = { versions: { ...process.versions, node: '12.22.12' } };
const printWords = 'process.stdout.write(process.argv.slice(2).join(" "));';

let place: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'tieline-launcher-'));
  mkdirSync(join(place, 'deploy'));
  copyFileSync(launcher, join(place, 'deploy/tieline.mjs'));
});

afterEach(() => rmSync(place, { recursive: true }));

function put(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), content, { mode });
}

/** Puts a shell script where the packages have their Node. */
function putPinned(script: string): void {
  put(`${pinned}/package.json`, '{}');
  put(`${pinned}/bin/node`, script, 0o755);
}

/** Starts the launcher by this Node, which takes itself for another. */
function start(words: readonly string[], pretended: object = {}): ChildProcess {
  const fields = Object.entries(pretended).map(
    ([name, value]) =>
      `Object.defineProperty(process, '${name}', { value: ${JSON.stringify(value)} });`,
  );
  const pretend = `data:text/javascript,${encodeURIComponent(fields.join(''))}`;
  const line = ['--import', pretend, join(place, 'deploy/tieline.mjs'), ...words];
  // Without the terminal of whoever runs the tests: on one, Ctrl-C is taken to have reached both.
  return spawn(process.execPath, line, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}

async function end(child: ChildProcess): Promise<object> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('both are pipes');
  const [out, err, [code, signal]] = await Promise.all([
    text(stdout),
    text(stderr),
    once(child, 'close'),
  ]);
  return { out, err, code, signal };
}

const quietly = { err: '', signal: null };

describe('with Node 24 or newer', () => {
  test('runs the sources of a checkout', async () => {
    put('tieline.ts', `const words: string[] = []; ${printWords} process.exitCode = 3;`);
    put('dist/tieline.js', 'process.exitCode = 4;');
    const ended = await end(start(['read', '--json']));
    expect(ended).toEqual({ ...quietly, out: 'read --json', code: 3 });
  });

  test('runs what was compiled where there are no sources', async () => {
    put('dist/tieline.js', printWords);
    expect(await end(start(['meters']))).toEqual({ ...quietly, out: 'meters', code: 0 });
  });
});

describe('with an older Node', () => {
  test('reads in the syntax of Node 12', () => {
    expect(readFileSync(launcher, 'utf8')).not.toMatch(/\?\.|\?\?|\|\|=|'node:|\bawait\b|#\w+\(/);
  });

  test('hands over to the Node among the packages, words and exit code', async () => {
    putPinned('#!/bin/sh\nshift; echo "$@"; exit 7\n');
    const ended = await end(start(['read', 'a b'], oldNode));
    expect(ended).toEqual({ ...quietly, out: 'read a b\n', code: 7 });
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('passes %s on, once', async (signal) => {
    const name = signal.slice(3);
    putPinned(
      `#!/bin/sh
      trap 'count=$((count + 1))' ${name}
      trap 'exit 5' USR1
      echo ready
      while [ "$count" = '' ]; do sleep 0.01; done
      sleep 0.1
      echo "${name} $count"`,
    );
    const child = start([], oldNode);
    child.stdout?.once('data', () => child.kill(signal));
    expect(await end(child)).toEqual({ ...quietly, out: `ready\n${name} 1\n`, code: 0 });
  });

  test('ends by the signal that ended the other', async () => {
    putPinned('#!/bin/sh\nkill -9 $$\n');
    const ended = await end(start([], oldNode));
    expect(ended).toEqual({ out: '', err: '', code: null, signal: 'SIGKILL' });
  });

  test('says what to do where the packages have no Node', async () => {
    const ended = await end(start(['read'], oldNode));
    expect(ended).toMatchObject({ out: '', code: 1 });
    expect(ended).toHaveProperty(
      'err',
      expect.stringMatching(/is Node 12\.22\.12\n.*Install Node/),
    );
  });

  test('says what to do where that Node cannot run, as on systems without glibc', async () => {
    putPinned('#!/no/such/loader\n');
    const ended = await end(start(['read'], oldNode));
    expect(ended).toMatchObject({ out: '', code: 1 });
    expect(ended).toHaveProperty('err', expect.stringMatching(/cannot run .*ENOENT\n.*glibc/));
  });
});

test.each(['arm', 'ia32'])('says on %s that 64 bits are needed', async (arch) => {
  const ended = await end(start(['read'], { arch }));
  expect(ended).toMatchObject({ out: '', code: 1 });
  expect(ended).toHaveProperty(
    'err',
    expect.stringContaining(`64-bit system, and this Node is for ${arch}`),
  );
});
