// SPDX-License-Identifier: Apache-2.0
// The HTTP shell, over real sockets of the loopback interface.

import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { TielineError } from '../../../base/errors.ts';
import { type HttpServer, type Route, startHttp } from '../../../host/http.ts';
import { createLog } from '../../../host/log.ts';

const lines: string[] = [];
const log = createLog({ level: 'error', human: false, write: (line) => void lines.push(line) });
const servers: HttpServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  lines.splice(0);
});

function get(path: string, handler: Route['handler'], more: Partial<Route> = {}): Route {
  return { method: 'GET', path, description: 'For a test.', handler, ...more };
}

async function serve(...routes: readonly Route[]): Promise<string> {
  const server = await startHttp({ host: '127.0.0.1', port: 0, routes, log });
  servers.push(server);
  return server.url;
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return (await response.json()) as Record<string, unknown>;
}

describe('answers', () => {
  test('JSON, text and bytes, each with its type', async () => {
    const url = await serve(
      get('/json/:id', ({ params }) => ({ status: 200, body: { id: params.id } })),
      get('/text', () => ({ status: 201, headers: { etag: '"1"' }, body: 'hällo' })),
      get('/bytes', () => ({ status: 200, body: Uint8Array.of(0, 255, 1).subarray(1) })),
    );
    const json = await fetch(`${url}/json/7`);
    expect(json.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await json.json()).toEqual({ id: '7' });
    const text = await fetch(`${url}/text`);
    expect([text.status, text.headers.get('etag'), await text.text()]).toEqual([
      201,
      '"1"',
      'hällo',
    ]);
    const bytes = await fetch(`${url}/bytes`);
    expect(bytes.headers.get('content-type')).toBe('application/octet-stream');
    expect(new Uint8Array(await bytes.arrayBuffer())).toEqual(Uint8Array.of(255, 1));
  });

  test('query parameters arrive judged and as numbers', async () => {
    const querySchema = {
      type: 'object',
      properties: { limit: { type: 'integer', minimum: 1, default: 5 } },
      additionalProperties: false,
    };
    const url = await serve(
      get('/q', ({ query }) => ({ status: 200, body: query }), { querySchema }),
    );
    expect(await (await fetch(`${url}/q?limit=3`)).json()).toEqual({ limit: 3 });
    expect(await (await fetch(`${url}/q`)).json()).toEqual({ limit: 5 });
    const unknown = await fetch(`${url}/q?limits=3`);
    expect(unknown.status).toBe(400);
    expect(await problemOf(unknown)).toMatchObject({
      errors: [{ in: 'query', name: 'limits', detail: 'unknown key (did you mean limit?)' }],
    });
    const wrong = await fetch(`${url}/q?limit=0`);
    expect(await problemOf(wrong)).toMatchObject({
      status: 400,
      detail: 'query limit: must be >= 1',
    });
  });
});

describe('problem documents (RFC 9457)', () => {
  test('404 for what is not there', async () => {
    const url = await serve();
    const response = await fetch(`${url}/nowhere?x=1`);
    expect(response.status).toBe(404);
    expect(await problemOf(response)).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'there is no GET /nowhere',
    });
  });

  test('400 for a malformed, 413 for a too large body', async () => {
    const url = await serve(get('/b', ({ body }) => ({ status: 200, body }), { method: 'POST' }));
    const headers = { 'content-type': 'application/json' };
    const malformed = await fetch(`${url}/b`, { method: 'POST', headers, body: '{' });
    expect(await problemOf(malformed)).toMatchObject({ status: 400 });
    const body = JSON.stringify('x'.repeat(1024 * 1024));
    const large = await fetch(`${url}/b`, { method: 'POST', headers, body });
    expect(await problemOf(large)).toMatchObject({ status: 413 });
  });

  test('500 tells the caller nothing and the log everything; 503 says when to come back', async () => {
    const url = await serve(
      get('/broken', () => {
        throw new Error('the disk at /var/lib is on fire');
      }),
      get('/busy', () => {
        throw new TielineError('database-busy', 'slow', { retry: 'transient' });
      }),
    );
    const broken = await fetch(`${url}/broken`);
    expect(broken.status).toBe(500);
    expect(JSON.stringify(await problemOf(broken))).not.toContain('fire');
    expect(lines.join()).toContain('the disk at /var/lib is on fire');
    const busy = await fetch(`${url}/busy`);
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '1']);
  });

  test('421 on the loopback address for the name of another site (DNS rebinding)', async () => {
    const url = new URL(await serve(get('/', () => ({ status: 200, body: 'secret' }))));
    const status = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const asked = request(
          { port: url.port, host: url.hostname, headers: { host } },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        );
        asked.on('error', reject).end();
      });
    expect(await status('evil.example')).toBe(421);
    expect(await status('127.0.0.1.evil.example:80')).toBe(421);
    expect(await status(`localhost:${url.port}`)).toBe(200);
    expect(await status(`[::1]:${url.port}`)).toBe(200);
  });
});

describe('life', () => {
  test('a taken port is named, with what to do', async () => {
    const { port } = new URL(await serve());
    await expect(
      startHttp({ host: '127.0.0.1', port: Number(port), routes: [], log }),
    ).rejects.toMatchObject({
      code: 'listen',
      message: `cannot listen on 127.0.0.1:${port}: the port is taken`,
    });
  });

  test('an address of another machine is named', async () => {
    const elsewhere = startHttp({ host: '192.0.2.1', port: 0, routes: [], log });
    await expect(elsewhere).rejects.toMatchObject({ code: 'listen' });
  });

  test('closing answers what has begun', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: may, resolve: finish } = Promise.withResolvers<void>();
    const url = await serve(
      get('/slow', async () => {
        begin();
        await may;
        return { status: 200, body: 'done' };
      }),
    );
    const answer = fetch(`${url}/slow`).then((response) => response.text());
    await begun;
    const closed = servers.pop()?.close();
    finish();
    expect(await answer).toBe('done');
    await closed;
    await expect(fetch(url)).rejects.toThrow();
  });
});
