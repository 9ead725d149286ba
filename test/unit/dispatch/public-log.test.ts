// SPDX-License-Identifier: Apache-2.0
// The main log for everybody: checkpoint and tiles without a token, nothing of whom they are about, and no
// write. From the tiles alone a reader makes the root that the checkpoint signs.

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { parseCheckpoint } from '../../../base/checkpoint.ts';
import { inclusionProof, rootOf, verifyInclusion } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { parseNote } from '../../../base/note.ts';
import { parseTilePath } from '../../../dispatch/api/public-log.ts';
import { makeToken } from '../../../dispatch/tokens.ts';
import type { HttpServer } from '../../../host/http.ts';
import { mainLeafHash } from '../../../sidechain/chain/receipt-message.ts';
import { checkedFetch } from './checked-fetch.ts';
import {
  consortiumGenesis,
  consortiumLog,
  keeper,
  personByRole,
  recordOf,
} from './consortium-log.ts';
import { TestCentre } from './test-centre.ts';

let centre: TestCentre;
let http: HttpServer;
const recordCount = 300;
const records = Array.from({ length: recordCount }, (_, i) =>
  recordOf('rule', personByRole.dispatch, `${i}`),
);

beforeAll(async () => {
  centre = await TestCentre.begin({ genesis: consortiumGenesis, signer: keeper });
  await Promise.all(
    records.map((record) => centre.centre.ordering.submit({ kind: 'record', record })),
  );
  http = await centre.serve();
  const token = { role: 'admin', name: 'a', chains: [], devices: [], days: undefined } as const;
  await makeToken(join(centre.directory, 'tokens.json'), token);
});
afterAll(async () => {
  await http.close();
  await centre.end();
});

async function get(path: string, method = 'GET') {
  // A second later strangers may ask again.
  centre.nowMs += 1_000;
  // What is read is held against the document; of what is written it tells two paths as examples.
  const ask = method === 'GET' ? checkedFetch : fetch;
  const response = await ask(`${http.url}/public/${path}`, { method });
  return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
}

function hashesIn(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.slice(32 * i, 32 * i + 32));
}

/** What everybody sees of the log: its signed size and root, and all leaf hashes, by tiles. */
async function publicLog() {
  const { status, bytes } = await get('checkpoint');
  expect(status).toBe(200);
  const note = parseNote(new TextDecoder().decode(bytes), { strict: true });
  const checkpoint = note.ok ? parseCheckpoint(note.value.body) : undefined;
  if (!checkpoint?.ok) throw new Error('no checkpoint');
  const { size } = checkpoint.value;
  const whole = await get('tile/0/000');
  const rest = await get(`tile/0/001.p/${size - 256}`);
  const tiles = [whole.bytes, rest.bytes];
  return { ...checkpoint.value, tiles, leaves: tiles.flatMap(hashesIn) };
}

test('without a token everybody has the checkpoint, and the tiles that make its root', async () => {
  const { origin, size, root, leaves } = await publicLog();
  expect([origin, size]).toEqual([consortiumLog.origin, recordCount + 1]);
  expect(toHex(rootOf(suite, leaves))).toBe(toHex(root));
  const above = await get('tile/1/000.p/1');
  expect(toHex(above.bytes)).toBe(toHex(rootOf(suite, leaves.slice(0, 256))));
});

test('who has a record proves by tiles alone that it stands there; they name nobody', async () => {
  const { size, root, leaves, tiles } = await publicLog();
  const leaf = mainLeafHash(suite, records[200] as Uint8Array);
  const index = leaves.findIndex((hash) => toHex(hash) === toHex(leaf));
  const path = inclusionProof(suite, leaves, index);
  expect(verifyInclusion(suite, { leafHash: leaf, index, size, path, root })).toBe(true);
  const other = mainLeafHash(suite, recordOf('rule', personByRole.dispatch, 'never put there'));
  expect(verifyInclusion(suite, { leafHash: other, index, size, path, root })).toBe(false);
  // Hashes and nothing else: 32 bytes a leaf, and none holds a byte of whom it is about.
  expect(tiles.map(({ length }) => length)).toEqual([256 * 32, (size - 256) * 32]);
  const key = toHex(personByRole.dispatch.keyId);
  expect(tiles.some((bytes) => toHex(bytes).includes(key))).toBe(false);
});

test('a tile that is not made yet, or has no such name, is 404', async () => {
  for (const path of [
    'tile/0/001',
    'tile/0/001.p/200',
    'tile/0/002.p/1',
    'tile/1/000',
    'tile/1/000.p/2',
    'tile/2/000.p/1',
    'tile/9/000',
    'tile/0/0',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/x000/000',
    'tile/entries/000',
  ]) {
    expect([path, (await get(path)).status]).toEqual([path, 404]);
  }
});

test('any write is 403, and all else needs a token', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    for (const path of ['checkpoint', 'tile/0/000', '']) {
      expect([method, path, (await get(path, method)).status]).toEqual([method, path, 403]);
    }
  }
  for (const path of ['chains', 'registry', 'records', 'log', 'witnesses']) {
    expect((await fetch(`${http.url}/api/v1/${path}`)).status).toBe(401);
    centre.nowMs += 1_000;
  }
});

test('numbers of tiles are read as C2SP writes them', () => {
  expect(parseTilePath('0/x001/x234/067')).toEqual({ level: 0, index: 1_234_067, width: 256 });
  expect(parseTilePath('1/005.p/12')).toEqual({ level: 1, index: 5, width: 12 });
  expect(parseTilePath('0/x001/234/067')).toBeUndefined();
});
