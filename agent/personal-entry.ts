// SPDX-License-Identifier: Apache-2.0
// Entries that persons sign, as they come in over the local API: a route for one kind of them, and what
// every kind has to be before anything is written. An entry proves itself: whoever hands it in changes
// nothing about it.

import { fromHex } from '../base/bytes.ts';
import type { Suite } from '../base/suite.ts';
import type { Route } from '../host/http.ts';
import { type HttpResponse, problem } from '../host/http-problem.ts';
import {
  type EntryKind,
  openEntry,
  type SignedEntry,
  verifyEntry,
} from '../sidechain/chain/entry.ts';
import type { Person } from '../sidechain/chain/member.ts';
import type { SidechainNode } from '../sidechain/node.ts';

export function entryRoute(given: {
  readonly path: string;
  readonly description: string;
  readonly take: (entry: Uint8Array) => HttpResponse | Promise<HttpResponse>;
}): Route {
  const { path, description, take } = given;
  return {
    ...{ method: 'POST', path, description },
    bodySchema: {
      type: 'object',
      additionalProperties: false,
      required: ['entry'],
      properties: { entry: { type: 'string', pattern: '^[0-9a-f]+$', maxLength: 131_072 } },
    },
    handler: ({ body }) => {
      const entry = fromHex((body as { readonly entry: string }).entry);
      return entry === undefined ? problem(400, 'the entry is not hex') : take(entry);
    },
  };
}

export type Opened =
  | { readonly ok: true; readonly entry: SignedEntry; readonly person: Person }
  | { readonly ok: false; readonly response: HttpResponse };

/** Of this kind, and signed by a person of the chain. `other`: what is said of any other kind. */
export function signedByPerson(
  suite: Suite,
  { registry, chainId }: Pick<SidechainNode, 'registry' | 'chainId'>,
  bytes: Uint8Array,
  { kind, other }: { readonly kind: EntryKind; readonly other: string },
): Opened {
  const no = (status: number, detail: string): Opened => ({
    ok: false,
    response: problem(status, detail),
  });
  const opened = openEntry(suite, bytes);
  if (!opened.ok || opened.value.kind !== kind) return no(400, other);
  const entry = opened.value;
  const person = registry.person(entry.keyId);
  if (person === undefined) return no(403, 'signed by no person of this chain');
  if (!verifyEntry(suite, entry, { publicKey: person.publicKey, chainId })) {
    return no(403, 'its signature does not verify for this chain');
  }
  return { ok: true, entry, person };
}
