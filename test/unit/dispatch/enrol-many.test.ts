// SPDX-License-Identifier: Apache-2.0
// Many chains enrolled by one list: a bad one keeps no other back, and the same list goes on where it ended.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  enrolMany,
  readEnrolDirectory,
  readEnrolList,
  type Wanted,
} from '../../../dispatch/enrol-many.ts';
import type { HttpServer } from '../../../host/http.ts';
import { makeChain } from './fake-chain.ts';
import { dispatcher, mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

const going = new AbortController().signal;
let directory: string;
let centre: TestCentre;
let http: HttpServer;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tieline-enrol-'));
  centre = await TestCentre.begin();
  http = await centre.serve();
});
afterEach(async () => {
  await http.close();
  await centre.end();
  rmSync(directory, { recursive: true });
});

function write(name: string, content: Uint8Array | string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function writeChains(count: number): void {
  for (let i = 0; i < count; i++) {
    write(
      `chain-${String(i).padStart(3, '0')}.cbor`,
      makeChain(mainLog, { seed: i + 1 }).genesisBytes,
    );
  }
}

function enrol(
  wanted: readonly Wanted[],
  given: { apiUrl?: string; ending?: AbortSignal; onProgress?: (done: number) => void } = {},
) {
  const { apiUrl = http.url, ending = going, onProgress = () => {} } = given;
  return enrolMany(wanted, {
    ...{ place: { apiUrl }, signer: dispatcher, ending, pauseMs: 1 },
    onProgress: ({ done }) => onProgress(done),
  });
}

describe('many chains', () => {
  test('each counts by itself, and what fails is named', async () => {
    writeChains(100);
    write('chain-040.cbor', 'no genesis');
    const other = { ...mainLog, id: new Uint8Array(32).fill(7) };
    write('chain-050.cbor', makeChain(other, { seed: 500 }).genesisBytes);
    const report = await enrol(await readEnrolDirectory(directory));
    expect(report).toMatchObject({ enrolled: 98, before: 0, left: 0 });
    expect(report.failed.map(({ file, code }) => [file.slice(-14), code]).sort()).toEqual([
      ['chain-040.cbor', 'genesis'],
      ['chain-050.cbor', 'not-enrolled'],
    ]);
  });

  test('the same again, after an interruption, enrols the rest', async () => {
    writeChains(100);
    const wanted = await readEnrolDirectory(directory);
    const ended = new AbortController();
    const first = await enrol(wanted, {
      ending: ended.signal,
      onProgress: (done) => done === 8 && ended.abort(),
    });
    expect(first.failed).toEqual([]);
    expect(first.left).toBeGreaterThan(0);
    expect(first.enrolled + first.left).toBe(100);
    const second = await enrol(wanted);
    expect(second).toEqual({ enrolled: first.left, before: first.enrolled, failed: [], left: 0 });
  });

  test('a centre that stays away ends it, and nothing is reported as refused', async () => {
    writeChains(3);
    const wanted = await readEnrolDirectory(directory);
    const away = enrol(wanted, { apiUrl: 'http://127.0.0.1:1' });
    await expect(away).rejects.toMatchObject({ code: 'api-unreachable', retry: 'transient' });
  });
});

describe('a list', () => {
  test('names files as seen from it, and chains', async () => {
    const list = write('list.csv', '# district 4\n\na/genesis.cbor, cellar 1\r\n/abs/b.cbor\n');
    expect(await readEnrolList(list)).toEqual([
      { genesisPath: join(directory, 'a/genesis.cbor'), name: 'cellar 1' },
      { genesisPath: '/abs/b.cbor', name: undefined },
    ]);
  });

  test.each([
    ['', /0 chains/],
    ['a.cbor,\n', /list\.csv:1/],
    [`a.cbor\n,name\n`, /list\.csv:2/],
    [`a.cbor,${'x'.repeat(65)}\n`, /list\.csv:1/],
  ])('%j is none', async (content, message) => {
    await expect(readEnrolList(write('list.csv', content))).rejects.toThrow(message);
  });

  test('that is not there, and a directory without any, say so', async () => {
    await expect(readEnrolList(join(directory, 'no'))).rejects.toMatchObject({
      code: 'enrol-list',
    });
    await expect(readEnrolDirectory(directory)).rejects.toThrow(/0 chains/);
  });
});
