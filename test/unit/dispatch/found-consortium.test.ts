// SPDX-License-Identifier: Apache-2.0
// Organisations that found a consortium, each with keys of its own: the genesis follows from what all
// show, and nobody's word is taken for it.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { found, introduce, joinConsortium } from '../../../dispatch/found-consortium.ts';
import { foundingOf, openIntroduction, signIntroduction } from '../../../dispatch/introduction.ts';
import { readEngineGenesis } from '../../../dispatch/ordering/consortium/engine-genesis.ts';
import { auditLedger } from '../../../dispatch/store/audit-ledger.ts';
import { signMainGenesis } from '../../../sidechain/chain/main-genesis.ts';
import { signerOf, startMs } from './fake-chain.ts';

const directory = mkdtempSync(join(tmpdir(), 'tieline-found-'));
const names = ['north', 'east', 'south', 'west'];
const origin = 'grid.example/main';
const dirOf = (name: string) => join(directory, name);
let introductions: readonly string[];

beforeAll(async () => {
  const made = [];
  for (const [i, organisation] of names.entries()) {
    const listen = `10.0.0.${i + 1}:26656`;
    made.push(
      await introduce({ dir: dirOf(organisation), origin, organisation, person: 'dana', listen }),
    );
  }
  introductions = made.map(({ path }) => path);
});
afterAll(() => rmSync(directory, { recursive: true }));

function joinAs(
  name: string,
  changed: { introductions?: readonly string[]; genesis?: string } = {},
) {
  const genesis = join(dirOf('east'), 'main-genesis.cbor');
  return joinConsortium({
    ...{ dir: dirOf(name), introductions, genesis, mqttUrl: 'mqtt://127.0.0.1', httpPort: 0 },
    ...{ engine: 'cometbft', ...changed },
  });
}

/** As the signer of a genesis would have it. */
function forgedGenesis(): string {
  const all = introductions.map((file) => {
    const opened = openIntroduction(suite, new Uint8Array(readFileSync(file)));
    if (!opened.ok) throw new Error(opened.detail);
    return opened.value;
  });
  const founding = foundingOf(suite, all);
  if (!founding.ok) throw new Error(founding.detail);
  const thief = signerOf(6_666);
  const keys = [{ publicKey: thief.publicKey, name: 'east' }, ...founding.value.keys.slice(1)];
  const path = join(directory, 'forged.cbor');
  writeFileSync(path, signMainGenesis({ ...founding.value, keys }, thief));
  return path;
}

describe('four organisations', () => {
  test('only the first of them by name signs the genesis', async () => {
    await expect(found(dirOf('west'), introductions)).rejects.toMatchObject({ code: 'not-first' });
    await expect(found(dirOf('east'), introductions.slice(1))).rejects.toThrow(/4 to/);
    const { mainLog } = await found(dirOf('east'), [...introductions].reverse());
    expect(mainLog).toMatchObject({ origin, threshold: 3 });
  });

  test('a genesis that does not follow from the introductions is refused', async () => {
    const forged = joinAs('west', { genesis: forgedGenesis() });
    await expect(forged).rejects.toMatchObject({ code: 'genesis' });
    const others = join(directory, 'others');
    const stranger = await introduce({
      ...{ dir: others, origin, organisation: 'south', person: 'x', listen: '10.0.0.9:26656' },
    });
    const swapped = introductions.with(2, stranger.path);
    const unlike = joinAs('west', { introductions: swapped });
    await expect(unlike).rejects.toMatchObject({ code: 'genesis' });
    await expect(joinAs('others')).rejects.toMatchObject({ code: 'wrong-key' });
  });

  test('each makes its node alone, and all have the same log, ledger and engine', async () => {
    const ids = new Set<string>();
    const roots = new Set<string>();
    const engines = new Set<string>();
    for (const name of names) {
      const { mainLog, files } = await joinAs(name);
      ids.add(toHex(mainLog.id));
      roots.add((await auditLedger(suite, files.ledger)).root);
      const text = readFileSync(join(dirOf(name), 'engine/config/genesis.json'), 'utf8');
      engines.add(text);
      expect(readEngineGenesis(suite, text, mainLog).validators).toHaveLength(4);
      const config = readFileSync(join(dirOf(name), 'engine/config/config.toml'), 'utf8');
      expect(config.match(/@10\.0\.0\.\d:26656/g)).toHaveLength(3);
      await expect(joinAs(name)).rejects.toMatchObject({ code: 'centre-exists' });
    }
    expect([ids.size, roots.size, engines.size]).toEqual([1, 1, 1]);
  });
});

describe('an introduction', () => {
  const signer = signerOf(42);
  const shown = {
    ...({ version: 1, origin, organisation: 'north', person: 'dana', timeMs: startMs } as const),
    ...{ logKey: signer.publicKey, governanceKey: signer.publicKey, personKey: signer.publicKey },
    ...{ consensusKey: signer.publicKey, nodeKey: signer.publicKey, listen: 'north.example:26656' },
  };

  test('is signed by the log key that it shows, to the last bit', () => {
    const bytes = signIntroduction(shown, signer);
    expect(openIntroduction(suite, bytes).ok).toBe(true);
    expect(openIntroduction(suite, signIntroduction(shown, signerOf(43))).ok).toBe(false);
    for (let i = 0; i < bytes.length; i++) {
      expect(openIntroduction(suite, bytes.with(i, (bytes[i] ?? 0) ^ 1)).ok).toBe(false);
    }
  });

  test.each(['a b:1', 'a,b@c:1', 'north.example', 'a:0', ''])('%j is no place', async (listen) => {
    const dir = join(directory, 'nowhere');
    const made = introduce({ dir, origin, organisation: 'north', person: 'dana', listen });
    await expect(made).rejects.toMatchObject({ code: 'listen' });
  });
});
