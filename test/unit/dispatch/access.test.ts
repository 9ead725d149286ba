// SPDX-License-Identifier: Apache-2.0
// Who is answered what: each role with a token of its own, and refused beyond what it may. Over a
// real port, as strangers come.

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { toBase64, toHex } from '../../../base/bytes.ts';
import { type Role, roles, scopedRoles } from '../../../dispatch/api/rights.ts';
import { bindCertificate, listTokens, makeToken, revokeToken } from '../../../dispatch/tokens.ts';
import type { HttpServer } from '../../../host/http.ts';
import { checkedFetch } from './checked-fetch.ts';
import { type FakeChain, makeChain, startMs } from './fake-chain.ts';
import { enrolmentOf, mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

let centre: TestCentre;
let http: HttpServer;
let tokensPath: string;
let own: FakeChain;
let other: FakeChain;

beforeAll(async () => {
  centre = await TestCentre.begin();
  tokensPath = join(centre.directory, 'tokens.json');
  own = makeChain(mainLog, { seed: 21 });
  other = makeChain(mainLog, { seed: 22 });
  for (const chain of [own, other]) {
    await centre.enrol(chain);
    const second = { windowStartMs: startMs, device: 'urn:dev:ops:b' };
    const height = chain.addSummaries({ windowStartMs: startMs }, second);
    await centre.send(chain, 'anchor', chain.anchor());
    await centre.send(chain, 'summary', chain.summaries(height));
  }
  await centre.centre.history.upToDate();
  http = await centre.serve();
});
afterAll(async () => {
  await http.close();
  await centre.end();
});
afterEach(() => {
  // A second later everybody may ask again.
  centre.nowMs += 10_000;
});

/** A new token, and what it is answered. */
async function holder(role: Role, more: { chains?: FakeChain[]; devices?: string[] } = {}) {
  const name = `${role}-${Math.floor(centre.nowMs)}-${(await listTokens(tokensPath)).length}`;
  const chains = (more.chains ?? []).map(({ chainId }) => toHex(chainId));
  const wanted = { role, name, chains, devices: more.devices ?? [], days: undefined };
  const { text } = await makeToken(tokensPath, wanted);
  return {
    name,
    get: (path: string) => ask(path, text),
    enrol: (chain: FakeChain) => enrol(chain, text),
  };
}

async function answerOf(response: Response) {
  const { status, headers } = response;
  const body = (await response.json()) as Record<string, unknown>;
  return { status, headers, body, detail: String(body.detail) };
}

async function ask(path: string, token?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return answerOf(await checkedFetch(http.url + path, { headers }));
}

async function enrol(chain: FakeChain, token: string) {
  const { genesis, enrolment } = enrolmentOf(chain);
  const response = await checkedFetch(`${http.url}/api/v1/chains`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ genesis: toBase64(genesis), enrolment: toBase64(enrolment) }),
  });
  return answerOf(response);
}

function pathOf({ chainId }: FakeChain, rest = ''): string {
  return `/api/v1/chains/${toHex(chainId)}${rest}`;
}

const chainPaths = ['', '/reports', '/summaries', '/summaries/1-0'];

test('without tokens this machine may do everything; with the first, nobody may without', async () => {
  expect(existsSync(tokensPath)).toBe(false);
  expect((await ask('/api/v1/chains')).status).toBe(200);
  const plant = await holder('plant', { chains: [own] });
  expect(statSync(tokensPath).mode & 0o777).toBe(0o600);
  const refused = await ask('/api/v1/chains');
  expect(refused.status).toBe(401);
  expect(refused.headers.get('content-type')).toBe('application/problem+json');
  expect(refused.headers.get('www-authenticate')).toBe('Bearer');
  expect(refused.detail).toMatch(/Authorization: Bearer/);
  expect((await plant.get('/api/v1/chains')).status).toBe(200);
});

test('the file holds no token, and a deleted one opens nothing', async () => {
  const wanted = { role: 'regulator', chains: [], devices: [], days: undefined } as const;
  const { text } = await makeToken(tokensPath, { ...wanted, name: 'secret' });
  const kept = readFileSync(tokensPath);
  expect(kept.toString()).not.toContain(text.slice('tieline_'.length));
  expect((await ask('/api/v1/chains', text)).status).toBe(200);
  rmSync(tokensPath);
  expect((await ask('/api/v1/chains')).status).toBe(401);
  expect((await ask('/api/v1/chains', text)).status).toBe(401);
  writeFileSync(tokensPath, kept, { mode: 0o600 });
  expect((await ask('/api/v1/chains', text)).status).toBe(200);
});

describe('a regulator', () => {
  test('reads all chains', async () => {
    const regulator = await holder('regulator');
    const { body } = await regulator.get('/api/v1/chains');
    expect(body.chains).toHaveLength(2);
    for (const chain of [own, other]) {
      for (const path of chainPaths) {
        expect((await regulator.get(pathOf(chain, path))).status).toBe(200);
      }
    }
  });

  test('writes nothing', async () => {
    const regulator = await holder('regulator');
    const { status, detail } = await regulator.enrol(makeChain(mainLog, { seed: 23 }));
    expect(status).toBe(403);
    expect(detail).toContain('`dispatch-centre`');
  });
});

describe.each(['plant', 'local-centre'] as const)('a %s', (role) => {
  test('reads its own chains, and sees no other', async () => {
    const reader = await holder(role, { chains: [own] });
    const { body } = await reader.get('/api/v1/chains');
    expect(body.chains).toMatchObject([{ id: toHex(own.chainId) }]);
    const after = await reader.get(`/api/v1/chains?cursor=${toHex(own.chainId)}`);
    expect(after.body).toEqual({ chains: [], next: null });
    for (const path of chainPaths) {
      expect((await reader.get(pathOf(own, path))).status).toBe(200);
      const refused = await reader.get(pathOf(other, path));
      expect(refused.status).toBe(403);
      expect(refused.detail).toContain(reader.name);
    }
    // Nor does it learn whether a chain is there.
    expect((await reader.get(`/api/v1/chains/${'0'.repeat(64)}`)).status).toBe(403);
  });
});

test('a plant enrols nothing, a local centre what a person has signed', async () => {
  const chain = makeChain(mainLog, { seed: 24 });
  const plant = await holder('plant', { chains: [own] });
  expect((await plant.enrol(chain)).status).toBe(403);
  const local = await holder('local-centre', { chains: [own] });
  expect((await local.enrol(chain)).status).toBe(201);
  // Whether it may read it, its token says.
  expect((await local.get(pathOf(chain))).status).toBe(403);
});

test('a plant with devices reads these alone, also by proof', async () => {
  const plant = await holder('plant', { chains: [own], devices: ['urn:dev:ops:b'] });
  const { body } = await plant.get(pathOf(own, '/summaries'));
  expect(body.summaries).toMatchObject([{ device: 'urn:dev:ops:b', id: '1-1' }]);
  for (const path of ['?device=urn:dev:ops:test-meter-1', '/1-0', '/1-0/proof']) {
    const { status, detail } = await plant.get(pathOf(own, `/summaries${path}`));
    expect([status, detail]).toEqual([403, expect.stringContaining('other devices')]);
  }
});

test('a dispatch centre reads all and enrols', async () => {
  const dispatcher = await holder('dispatch-centre');
  expect((await dispatcher.get(pathOf(other, '/summaries'))).status).toBe(200);
  expect((await dispatcher.enrol(makeChain(mainLog, { seed: 25 }))).status).toBe(201);
});

test('an admin operates, and reads no chain', async () => {
  const admin = await holder('admin');
  expect((await admin.get('/healthz')).body).toHaveProperty('refused');
  expect((await admin.get('/api/v1/chains')).status).toBe(403);
  expect((await admin.get(pathOf(own))).status).toBe(403);
});

test('whether it works is told to everybody, the rest to those who operate it', async () => {
  const regulator = await holder('regulator');
  expect((await ask('/healthz')).body).toEqual({ status: 'ok' });
  expect((await regulator.get('/healthz')).body).toEqual({ status: 'ok' });
});

describe('a token', () => {
  const base = { name: 'x', chains: [], devices: [], days: undefined };

  test('ends when it is revoked', async () => {
    const regulator = await holder('regulator');
    expect((await regulator.get('/api/v1/chains')).status).toBe(200);
    await revokeToken(tokensPath, regulator.name);
    const { status, headers } = await regulator.get('/api/v1/chains');
    expect([status, headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ]);
    await expect(revokeToken(tokensPath, regulator.name)).rejects.toMatchObject({ code: 'token' });
  });

  test('ends with its day', async () => {
    const wanted = { ...base, role: 'regulator', name: 'for a day', days: 1 } as const;
    const { text, token } = await makeToken(tokensPath, wanted);
    expect((await ask('/api/v1/chains', text)).status).toBe(200);
    centre.nowMs = token.expiresMs ?? 0;
    expect((await ask('/api/v1/chains', text)).status).toBe(401);
  });

  test.each([
    ['empty', ''],
    ['a scheme alone', 'Bearer'],
    ['short', 'Bearer x'],
    ['of another scheme', 'Basic eDp5'],
    ['long', `Bearer ${'x'.repeat(10_000)}`],
  ])('that is %s is none', async (_, authorization) => {
    const response = await checkedFetch(`${http.url}/api/v1/chains`, {
      headers: { authorization },
    });
    expect(response.status).toBe(401);
  });

  test.each([
    [{ role: 'plant' }, /--chains/],
    [{ role: 'local-centre' }, /--chains/],
    [{ role: 'regulator', chains: ['0'.repeat(64)] }, /all chains/],
    [{ role: 'local-centre', chains: ['0'.repeat(64)], devices: ['a'] }, /`plant` alone/],
    [{ role: 'plant', chains: ['street'] }, /64 hex digits/],
    [{ role: 'admin', name: '' }, /--name/],
  ] as const)('%j is not made', async (wanted, message) => {
    await expect(makeToken(tokensPath, { ...base, ...wanted })).rejects.toThrow(message);
  });

  test('is made for every role, each under its own name', async () => {
    const path = join(centre.directory, 'each.json');
    for (const role of roles) {
      const chains = scopedRoles.has(role) ? ['A'.repeat(64)] : [];
      await makeToken(path, { ...base, role, name: role, chains });
    }
    expect((await listTokens(path)).map(({ role }) => role)).toEqual([...roles]);
    const again = makeToken(path, { ...base, role: 'admin', name: 'admin' });
    await expect(again).rejects.toThrow(/already/);
  });
});

test('a file that others may read, or that is damaged, lets nobody in', async () => {
  const regulator = await holder('regulator');
  chmodSync(tokensPath, 0o644);
  expect((await regulator.get('/api/v1/chains')).status).toBe(500);
  chmodSync(tokensPath, 0o600);
  expect((await regulator.get('/api/v1/chains')).status).toBe(200);
  const kept = readFileSync(tokensPath);
  writeFileSync(tokensPath, '{"tokens": [{}]}');
  expect((await regulator.get('/api/v1/chains')).status).toBe(500);
  writeFileSync(tokensPath, kept);
  expect((await regulator.get('/api/v1/chains')).status).toBe(200);
});

test('too many requests are put off, of strangers sooner', async () => {
  const regulator = await holder('regulator');
  const until429 = async (get: () => ReturnType<typeof ask>): Promise<number> => {
    for (let count = 0; ; count++) {
      const { status, headers } = await get();
      if (status !== 429) continue;
      expect(headers.get('retry-after')).toBe('1');
      return count;
    }
  };
  expect(await until429(() => ask('/api/v1/log'))).toBe(10);
  expect(await until429(() => regulator.get('/api/v1/chains'))).toBe(50);
  centre.nowMs += 1_000;
  expect((await regulator.get('/api/v1/chains')).status).toBe(200);
  expect((await ask('/api/v1/chains')).status).toBe(401);
});

describe('elsewhere than on this machine', () => {
  test('nothing is served before there is a token', async () => {
    const kept = readFileSync(tokensPath);
    rmSync(tokensPath);
    const serving = centre.serve({ host: '0.0.0.0' });
    await expect(serving).rejects.toMatchObject({ code: 'no-tokens' });
    writeFileSync(tokensPath, kept, { mode: 0o600 });
  });

  test('a stated proxy is asked for, and tells who is behind it', async () => {
    const behind = await centre.serve({ proxies: ['127.0.0.1'] });
    const get = (from: string) =>
      fetch(`${behind.url}/healthz`, { headers: { 'x-forwarded-for': from } });
    for (let count = 0; count < 10; count++) expect((await get('192.0.2.1')).status).toBe(200);
    expect((await get('192.0.2.1')).status).toBe(429);
    expect((await get('192.0.2.2')).status).toBe(200);
    await behind.close();
    const elsewhere = await centre.serve({ proxies: ['192.0.2.9'] });
    expect((await fetch(`${elsewhere.url}/healthz`)).status).toBe(403);
    await elsewhere.close();
  });

  test('TLS with a certificate of its own; its key is for its owner alone', async () => {
    const [cert, key] = [join(centre.directory, 'cert.pem'), join(centre.directory, 'key.pem')];
    const words = `req -x509 -newkey ed25519 -nodes -subj /CN=centre -days 2`.split(' ');
    execFileSync('openssl', [...words, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    chmodSync(key, 0o600);
    const secure = await centre.serve({ tls: { cert, key } });
    const status = await new Promise((resolve, reject) => {
      const options = { ca: readFileSync(cert), checkServerIdentity: () => undefined };
      const asked = httpsRequest(`${secure.url}/healthz`, options, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.once('error', reject).end();
    });
    expect([secure.url.slice(0, 8), status]).toEqual(['https://', 200]);
    await secure.close();
    chmodSync(key, 0o644);
    await expect(centre.serve({ tls: { cert, key } })).rejects.toMatchObject({ code: 'file-mode' });
  });

  test('a client certificate stands for a token, as long as it is bound', async () => {
    const at = (name: string) => join(centre.directory, name);
    const openssl = (words: string) =>
      execFileSync('openssl', words.split(' '), { stdio: 'ignore', cwd: centre.directory });
    openssl('req -x509 -newkey ed25519 -nodes -subj /CN=ca -days 2 -keyout ca.key -out ca.pem');
    for (const name of ['rita', 'nobody']) {
      openssl(`req -newkey ed25519 -nodes -subj /CN=${name} -keyout ${name}.key -out ${name}.csr`);
      openssl(`x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -days 1 -out ${name}.pem`);
    }
    openssl('req -x509 -newkey ed25519 -nodes -subj /CN=rita -days 2 -keyout own.key -out own.pem');
    chmodSync(at('ca.key'), 0o600);
    const secure = await centre.serve({
      tls: { cert: at('ca.pem'), key: at('ca.key'), ca: at('ca.pem') },
    });
    const get = (name?: string): Promise<{ status: number; body: string }> =>
      new Promise((resolve, reject) => {
        const shown =
          name === undefined
            ? {}
            : { cert: readFileSync(at(`${name}.pem`)), key: readFileSync(at(`${name}.key`)) };
        const options = {
          ca: readFileSync(at('ca.pem')),
          checkServerIdentity: () => undefined,
          agent: false as const,
          ...shown,
        };
        const asked = httpsRequest(`${secure.url}/api/v1/chains`, options, (answer) => {
          let body = '';
          answer.on('data', (chunk) => {
            body += chunk;
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
        });
        asked.once('error', reject).end();
      });
    const pem = readFileSync(at('rita.pem'), 'utf8');
    const wanted = { role: 'plant', name: 'rita', devices: [], days: undefined } as const;
    const chains = [toHex(own.chainId)];
    await bindCertificate(tokensPath, { ...wanted, chains }, pem);
    const again = bindCertificate(tokensPath, { ...wanted, chains, name: 'again' }, pem);
    await expect(again).rejects.toThrow(/already/);
    const bound = await get('rita');
    expect(bound.status).toBe(200);
    expect((JSON.parse(bound.body) as { chains: unknown[] }).chains).toHaveLength(1);
    expect(await get('nobody')).toMatchObject({
      status: 401,
      body: expect.stringMatching(/bound to no role/),
    });
    expect(await get('own')).toMatchObject({
      status: 401,
      body: expect.stringMatching(/not by the authority/),
    });
    expect(await get()).toMatchObject({ status: 401, body: expect.stringMatching(/send a token/) });
    await revokeToken(tokensPath, 'rita');
    expect((await get('rita')).status).toBe(401);
    await secure.close();
  });
});
