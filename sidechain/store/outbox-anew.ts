// SPDX-License-Identifier: Apache-2.0
// What still waits in the outbox under a key that the chain takes nothing from any more, signed anew by
// the key that has its place: the readings are the same, only who vouches for them has changed. A page is
// one transaction, and each row says by its signer whether it is done: it may be interrupted anywhere.

import { equal, toHex } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock-state.ts';
import { toKeyId, toSequence } from '../../base/ids.ts';
import { limits } from '../../base/limits.ts';
import { decodePack } from '../../base/pack.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import { decodeBatch, encodeBatch, packRoot } from '../chain/batch.ts';
import type { BlockEntry } from '../chain/block.ts';
import { type EntryKind, openEntry, type SignedEntry, signEntry } from '../chain/entry.ts';
import { decodeGap, encodeGap } from '../chain/gap.ts';
import type { Registry } from '../chain/registry.ts';
import { damaged } from './damage.ts';
import { Outbox, type OutboxRow } from './outbox.ts';

/** Packs that no batch has yet. */
export type Unsealed = {
  readonly packs: readonly Uint8Array[];
  readonly timeMs: number;
  readonly clock: Clock;
};

type Parts = {
  readonly database: Database;
  readonly suite: Suite;
  readonly chainId: Uint8Array;
  readonly registry: Registry;
  /** Key id of the old key. */
  readonly old: Uint8Array;
  readonly signer: Signer;
  readonly random: (length: number) => Uint8Array;
  readonly unsealed: readonly Unsealed[];
};

/** @returns how many entries were signed. */
export async function signOutboxAnew(parts: Parts): Promise<number> {
  const { database, suite, old, unsealed } = parts;
  const outbox = await Outbox.open(database, Number.MAX_SAFE_INTEGER);
  const anew = new Anew(parts, outbox, await signedSoFar(parts, outbox));
  for await (const rows of pagesOf(suite, outbox)) {
    const statements: Statement[] = [];
    for (const { position, entry, signed } of rows) {
      if (!equal(signed.keyId, old)) continue;
      statements.push(...anew.again(signed, entry));
      statements.push({ sql: 'DELETE FROM outbox WHERE position = ?', params: [position] });
    }
    await database.write(statements);
  }
  for (const one of unsealed) await database.write(anew.seal(one));
  return anew.count;
}

type Signed = { readonly sequence: number; readonly schemaIds: ReadonlySet<string> };

/** What the new key has signed in an earlier attempt: its newest number, its schemas. */
async function signedSoFar({ suite, signer, registry }: Parts, outbox: Outbox): Promise<Signed> {
  let last = registry.sequence(signer.keyId).sequence;
  const schemaIds = new Set<string>();
  for await (const rows of pagesOf(suite, outbox)) {
    for (const { sequence, signed } of rows) {
      if (!equal(signed.keyId, signer.keyId)) continue;
      last = Math.max(last, sequence ?? 0);
      if (signed.kind === 'schema') schemaIds.add(toHex(suite.sha256(signed.payload)));
    }
  }
  return { sequence: last, schemaIds };
}

type Page = readonly (OutboxRow & { readonly signed: SignedEntry })[];

/** What is there now; not what comes meanwhile. */
async function* pagesOf(suite: Suite, outbox: Outbox): AsyncGenerator<Page> {
  const end = outbox.lastPosition;
  let after = 0;
  while (after < end) {
    const rows = await outbox.read(after, limits.blockBytesMax);
    const here = rows.filter(({ position }) => position <= end);
    if (here.length === 0) return;
    yield here.map((row) => {
      const opened = openEntry(suite, row.entry.entry);
      if (!opened.ok) throw damaged(`an entry in the outbox: ${opened.detail}`);
      return { ...row, signed: opened.value };
    });
    after = here.at(-1)?.position ?? end;
  }
}

class Anew {
  readonly #parts: Parts;
  readonly #outbox: Outbox;
  /** The same entry must not wait twice. */
  readonly #published: Set<string>;
  #sequence: number;
  count = 0;

  constructor(parts: Parts, outbox: Outbox, { sequence, schemaIds }: Signed) {
    this.#parts = parts;
    this.#outbox = outbox;
    this.#sequence = sequence;
    this.#published = new Set(schemaIds);
  }

  /** The same statement by the new key, after the schemas that it needs. */
  again({ kind, payload }: SignedEntry, { packs }: BlockEntry): readonly Statement[] {
    const gateway = toKeyId(this.#parts.signer.keyId);
    switch (kind) {
      case 'reading-batch': {
        const batch = decodeBatch(payload);
        if (!batch.ok || packs === undefined) throw damaged('a batch in the outbox');
        const schemas = packs.packs.flatMap((pack) => this.#schemaOf(pack));
        const next = { ...batch.value, gateway, sequence: toSequence(this.#next()) };
        return [...schemas, this.#add(kind, encodeBatch(next), packs)];
      }
      case 'gap': {
        const gap = decodeGap(payload);
        if (!gap.ok) throw damaged('a gap in the outbox');
        const next = { ...gap.value, gateway, sequence: toSequence(this.#next()) };
        return [this.#add(kind, encodeGap(next))];
      }
      case 'schema':
        return this.#publish(payload);
      case 'receipt':
      case 'request':
        return [this.#add(kind, payload)];
      default:
        throw damaged(`an entry of kind ${kind} in the outbox`);
    }
  }

  /** What was read and is in no batch yet. */
  seal({ packs, timeMs, clock }: Unsealed): readonly Statement[] {
    const { suite, random, signer } = this.#parts;
    const schemas = packs.flatMap((pack) => this.#schemaOf(pack));
    const secret = random(32);
    const payload = encodeBatch({
      gateway: toKeyId(signer.keyId),
      sequence: toSequence(this.#next()),
      packCount: packs.length,
      packRoot: packRoot(suite, secret, packs),
      timeMs,
      clock,
    });
    return [...schemas, this.#add('reading-batch', payload, { secret, packs })];
  }

  #next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** Nobody speaks by another's schema, so the new key states those that its packs name. */
  #schemaOf(packBytes: Uint8Array): readonly Statement[] {
    const { registry, old } = this.#parts;
    const pack = decodePack(packBytes);
    if (!pack.ok) throw damaged('a pack in the outbox');
    // What the old key had not put on the chain waits in the outbox, before the packs that name it.
    const payload = registry.schemaPayload(old, pack.value.schemaId);
    return payload === undefined ? [] : this.#publish(payload);
  }

  #publish(payload: Uint8Array): readonly Statement[] {
    const { suite, registry, signer } = this.#parts;
    const id = suite.sha256(payload);
    const isKnown = registry.schemaPayload(signer.keyId, id) !== undefined;
    if (isKnown || this.#published.has(toHex(id))) return [];
    this.#published.add(toHex(id));
    return [this.#add('schema', payload)];
  }

  #add(kind: EntryKind, payload: Uint8Array, packs?: BlockEntry['packs']): Statement {
    const { chainId, signer } = this.#parts;
    this.count += 1;
    const entry = signEntry({ kind, payload, chainId }, signer);
    const isNumbered = kind === 'reading-batch' || kind === 'gap';
    const sequence = isNumbered ? this.#sequence : undefined;
    return this.#outbox.add(packs === undefined ? { entry } : { entry, packs }, sequence).statement;
  }
}
