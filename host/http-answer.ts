// SPDX-License-Identifier: Apache-2.0
// How an answer goes out: bytes and texts as they are, streams piece by piece as fast as they are
// read, all else as JSON; with an entity tag where it may be kept and asked for again (RFC 9110).

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { limits } from '../base/limits.ts';
import type { HttpResponse } from './http-problem.ts';

/**
 * What whoever asks may keep. `ask-again`: he asks each time whether it is still so, by its tag.
 * `for-ever`: what the path names never changes. Neither is ever kept for others.
 */
export type Keeping = 'ask-again' | 'for-ever';

const cacheControl: Readonly<Record<Keeping, string>> = {
  'ask-again': 'private, no-cache',
  'for-ever': `private, max-age=${365 * 86_400}, immutable`,
};

export function isStream(body: unknown): body is AsyncIterable<Uint8Array | string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** `asked`: what he has already, if this route's answers may be kept. */
export function send(
  reply: FastifyReply,
  { status, headers = {}, body }: HttpResponse,
  asked?: { readonly keeping: Keeping; readonly noneMatch: string | undefined },
): FastifyReply {
  reply.code(status).headers({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-type': contentTypeOf(body),
    ...headers,
  });
  if (isStream(body)) return sendStream(reply, body);
  const bytes = bytesOf(body);
  if (asked === undefined || status !== 200) return reply.send(bytes);
  const tag = tagOf(bytes, reply.getHeader('content-type'));
  reply.headers({
    'cache-control': cacheControl[asked.keeping],
    vary: 'authorization, accept',
    etag: tag,
  });
  if (!isKnown(asked.noneMatch, tag)) return reply.send(bytes);
  return reply.code(304).removeHeader('content-type').send();
}

/** Whoever takes nothing for a while is let go: what waits for him must not wait for ever. */
function sendStream(reply: FastifyReply, body: AsyncIterable<Uint8Array | string>): FastifyReply {
  reply.raw.setTimeout(limits.httpStallMs, () => reply.raw.destroy());
  return reply.send(Readable.from(body, { objectMode: false }));
}

/** To a text fastify would add a charset, also where its type has none. */
function bytesOf(body: unknown): Buffer {
  if (body instanceof Uint8Array) {
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function contentTypeOf(body: unknown): string {
  if (body instanceof Uint8Array || isStream(body)) return 'application/octet-stream';
  return typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
}

/** Strong: the same tag, the same bytes of the same type. */
function tagOf(bytes: Buffer, type: unknown): string {
  const hash = createHash('sha256').update(`${type}\n`).update(bytes).digest('base64url');
  return `"${hash.slice(0, 27)}"`;
}

/** If-None-Match, RFC 9110 §13.1.2: compared weakly. */
function isKnown(noneMatch: string | undefined, tag: string): boolean {
  if (noneMatch === undefined) return false;
  if (noneMatch.trim() === '*') return true;
  return noneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
}
