// SPDX-License-Identifier: Apache-2.0
// The registry and records over the API, as officers and persons come: with the functions behind their
// commands. A signature decides; a token only opens the door.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { toBase64, toHex } from '../../../base/bytes.ts';
import { type Role, roles, scopedRoles } from '../../../dispatch/api/rights.ts';
import { askApi } from '../../../dispatch/api-client.ts';
import {
  fetchProposals,
  fetchRegistry,
  proposalNamed,
  propose,
  readChanges,
  vote,
} from '../../../dispatch/govern.ts';
import { checkRecordReceipt, putRecord } from '../../../dispatch/put-record.ts';
import { makeToken } from '../../../dispatch/tokens.ts';
import type { HttpServer } from '../../../host/http.ts';
import { firstPeriod } from '../../../sidechain/chain/key-periods.ts';
import type { RegistryChange } from '../../../sidechain/chain/main-registry-change.ts';
import { checkedFetch } from './checked-fetch.ts';
import {
  agency,
  consortiumGenesis,
  consortiumLog,
  east,
  keeper,
  north,
  personByRole,
  proposalOf,
  recordOf,
  south,
} from './consortium-log.ts';
import { signerOf } from './fake-chain.ts';
import { mainLog as otherLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

let centre: TestCentre;
let http: HttpServer;
let directory: string;
// What the commands are answered is held against the OpenAPI document.
beforeAll(() => {
  vi.stubGlobal('fetch', checkedFetch);
});
afterAll(() => {
  vi.unstubAllGlobals();
});
beforeEach(async () => {
  centre = await TestCentre.begin({ genesis: consortiumGenesis, signer: keeper });
  http = await centre.serve();
  directory = mkdtempSync(join(tmpdir(), 'tieline-registry-'));
});
afterEach(async () => {
  await http.close();
  await centre.end();
  rmSync(directory, { recursive: true });
});

const nora = signerOf(300);
const addNora: RegistryChange = {
  kind: 'person',
  person: { publicKey: nora.publicKey, name: 'Nora', roles: ['dispatch'], organisation: 'north' },
};

function place(token?: string) {
  return { apiUrl: http.url, token };
}

function proposeBy(signer = north, changes: readonly RegistryChange[] = [addNora]) {
  return propose(place(), { changes, reason: 'the night shift', mainLog: consortiumLog, signer });
}

async function voteBy(signer: typeof north) {
  const [first] = await fetchProposals(place());
  if (first === undefined) throw new Error('nothing waits');
  return vote(place(), { proposal: first.open, mainLog: consortiumLog, signer });
}

describe('officers', () => {
  test('propose, see what waits, vote, and see it done', async () => {
    expect(await proposeBy()).toMatchObject({ status: 'pending', signedBy: ['north'], needed: 3 });
    const [waiting] = await fetchProposals(place());
    expect(waiting).toMatchObject({
      organisation: 'north',
      open: { proposal: { reason: 'the night shift', version: 1, changes: [addNora] } },
    });
    expect(await voteBy(south)).toMatchObject({ status: 'pending', signedBy: ['north', 'south'] });
    expect(await voteBy(agency)).toEqual({ status: 'taken', version: 1, logIndex: 1 });
    const { version, persons } = await fetchRegistry(place());
    expect(version).toBe(1);
    expect(persons).toContainEqual({
      keyId: toHex(nora.keyId),
      name: 'Nora',
      roles: ['dispatch'],
      organisation: 'north',
      publicKey: toHex(nora.publicKey),
    });
    expect(await fetchProposals(place())).toEqual([]);
  });

  test('who are none are told so', async () => {
    await expect(proposeBy(nora)).rejects.toMatchObject({ code: 'not-taken' });
    await proposeBy();
    await expect(voteBy(personByRole.dispatch)).rejects.toThrow(/governance key/);
  });

  test('do not sign for a log that the centre does not keep', async () => {
    const proposal = { changes: [addNora], reason: '', mainLog: otherLog, signer: north };
    await expect(propose(place(), proposal)).rejects.toMatchObject({ code: 'main-log' });
  });

  test('name a proposal by how its id begins', async () => {
    await proposeBy();
    await proposeBy(east);
    const proposals = await fetchProposals(place());
    const [first] = proposals;
    expect(proposalNamed(proposals, toHex(first?.open.id ?? new Uint8Array()).slice(0, 12))).toBe(
      first,
    );
    for (const id of ['', 'zz']) expect(() => proposalNamed(proposals, id)).toThrow();
  });

  test('write several changes as the API shows them', async () => {
    const path = join(directory, 'changes.json');
    await proposeBy(north, [addNora, { kind: 'remove-organisation', name: 'east' }]);
    const answer = await askApi(place(), '/api/v1/proposals');
    const { items } = answer.body as { items: { changes: unknown }[] };
    writeFileSync(path, JSON.stringify(items[0]?.changes));
    expect(await readChanges(path)).toEqual([
      addNora,
      { kind: 'remove-organisation', name: 'east' },
    ]);
    for (const wrong of [
      [{ kind: 'person', name: 'x' }],
      [{ kind: 'remove-organisation', name: 'x', why: 1 }],
      [{ kind: 'king' }],
      [7],
      {},
    ]) {
      writeFileSync(path, JSON.stringify(wrong));
      await expect(readChanges(path)).rejects.toMatchObject({ code: 'changes' });
    }
  });
});

describe('a record', () => {
  const periods = firstPeriod(consortiumLog);
  const put = (signer = personByRole.dispatch) => {
    const path = join(directory, 'limit.json');
    writeFileSync(path, '{"limit": 11}');
    const receiptPath = `${path}.receipt`;
    const record = { kind: 'command', path, periods, signer, receiptPath } as const;
    return putRecord(place(), record);
  };

  test('comes back with a receipt that holds by the keys of the log alone', async () => {
    expect(await put()).toMatchObject({ kind: 'command', index: 1, size: 2 });
    const receipt = new Uint8Array(readFileSync(join(directory, 'limit.json.receipt')));
    expect(checkRecordReceipt(receipt, periods)).toMatchObject({ kind: 'command', index: 1 });
    expect(() => checkRecordReceipt(receipt, firstPeriod(otherLog))).toThrow(/does not hold/);
    receipt[40] = (receipt[40] as number) ^ 1;
    expect(() => checkRecordReceipt(receipt, periods)).toThrow();
    // Put again: the same leaf.
    expect(await put()).toMatchObject({ index: 1 });
  });

  test('by somebody who may not is refused with the reason', async () => {
    await expect(put(personByRole.plant)).rejects.toThrow(/needs the role dispatch/);
  });

  test('is listed page by page, acts among them, each with its receipt', async () => {
    await put();
    await proposeBy(north, [
      { kind: 'remove-person', keyId: personByRole.dispatch.keyId as never },
    ]);
    const first = (await askApi(place(), '/api/v1/records?limit=1')).body;
    expect(first).toMatchObject({ items: [{ logIndex: 1, kind: 'command' }], next: 2 });
    const second = (await askApi(place(), '/api/v1/records?limit=1&cursor=2')).body;
    expect(second).toMatchObject({ items: [{ logIndex: 2, kind: 'act' }], next: null });
    const answer = await fetch(`${http.url}/api/v1/records/2`);
    const receipt = new Uint8Array(await answer.arrayBuffer());
    expect(checkRecordReceipt(receipt, periods)).toMatchObject({ kind: 'act', index: 2 });
    expect((await fetch(`${http.url}/api/v1/records/0`)).status).toBe(404);
    expect((await fetch(`${http.url}/api/v1/records/x`)).status).toBe(400);
  });
});

describe('by tokens', () => {
  const writes: readonly (readonly [string, object, readonly Role[]])[] = [
    [
      '/api/v1/records',
      { record: toBase64(recordOf('rule', personByRole.dispatch)) },
      ['dispatch-centre'],
    ],
    [
      '/api/v1/governance',
      { statement: toBase64(proposalOf([addNora])) },
      ['local-centre', 'dispatch-centre'],
    ],
    ['/api/v1/chains', { genesis: '', enrolment: '' }, ['local-centre', 'dispatch-centre']],
  ];

  test.each(roles)(
    'a %s may write what its role has, and is refused the rest with 403',
    async (role) => {
      const path = join(centre.directory, 'tokens.json');
      const chains = scopedRoles.has(role) ? ['a'.repeat(64)] : [];
      const wanted = { role, name: role, chains, devices: [], days: undefined };
      const { text } = await makeToken(path, wanted);
      for (const [route, post, allowed] of writes) {
        const { status } = await askApi(place(text), route, { post });
        if (allowed.includes(role)) expect(status).not.toBe(403);
        else expect(status).toBe(403);
      }
      const reads = ['regulator', 'dispatch-centre'].includes(role) ? 200 : 403;
      expect((await askApi(place(text), '/api/v1/records')).status).toBe(reads);
      // A gateway has no business with who takes part.
      const shown = role === 'sidechain' ? 403 : 200;
      expect((await askApi(place(text), '/api/v1/registry')).status).toBe(shown);
    },
  );

  test('nobody without one reads or writes', async () => {
    const path = join(centre.directory, 'tokens.json');
    const wanted = { role: 'admin', name: 'a', chains: [], devices: [], days: undefined } as const;
    await makeToken(path, wanted);
    for (const [route, post] of writes) {
      expect((await askApi(place(), route, { post })).status).toBe(401);
    }
    for (const route of ['records', 'registry', 'proposals']) {
      expect((await askApi(place(), `/api/v1/${route}`)).status).toBe(401);
    }
  });
});
