// SPDX-License-Identifier: Apache-2.0
// What a gateway with one three-phase meter signs: batches of packs with 32 registers each. The packs
// are encoded before, for that is the drivers' work, and what others are asked to keep is there
// before, too; only their times are set. To hash and to sign them is part of what is measured.

import { assert } from '../../../base/assert.ts';
import { toKeyId, toSequence } from '../../../base/ids.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { encodePack } from '../../../base/pack.ts';
import { quality } from '../../../base/quality.ts';
import { encodeSchema, schemaId as idOfSchema } from '../../../base/schema.ts';
import type { Signer } from '../../../base/suite.ts';
import type { Clock } from '../../../host/clock.ts';
import { encodeBatch, packRoot } from '../../../sidechain/chain/batch.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { signEntry } from '../../../sidechain/chain/entry.ts';
import type { Sizes } from './orders.ts';

const registerCount = 32;
const patternCount = 1_024;
/** Of a pack: a list of five, 32 bytes of schema id with their head, the head of a time beyond 2^32. */
const timeAt = 1 + 2 + 32 + 1;
const timeHead = 0x1b;

export class Workload {
  readonly #signer: Signer;
  readonly #chainId: Uint8Array;
  readonly #clock: Clock;
  readonly #schemaPayload: Uint8Array;
  readonly #schemaId: ReturnType<typeof idOfSchema>;
  readonly #patterns: readonly Uint8Array[];
  #count = 0;

  constructor(given: {
    signer: Signer;
    chainId: Uint8Array;
    clock: Clock;
    device: string;
    /** Its registers are summarised for the centre. */
    isTradable?: boolean;
  }) {
    const { isTradable = false } = given;
    this.#signer = given.signer;
    this.#chainId = given.chainId;
    this.#clock = given.clock;
    this.#schemaPayload = encodeSchema({
      device: `urn:dev:ops:bench-${given.device}`,
      line: 'bench',
      unitId: 1,
      request: 'modbus fc=4 0+64',
      periodMs: 1_000,
      definition: 'bench',
      values: Array.from({ length: registerCount }, (_, i) => ({
        obis: `1-0:${i + 1}.7.0*255`,
        unit: 'V' as const,
        exponent: -2,
        register: `input ${2 * i} float32`,
        class: isTradable ? ('tradable' as const) : ('local' as const),
        kind: 'instantaneous' as const,
        min: 0,
        max: 1_000_000,
        maxStepPerSecond: null,
      })),
    });
    this.#schemaId = idOfSchema(suite, this.#schemaPayload);
    this.#patterns = Array.from({ length: patternCount }, (_, i) => this.#pattern(i));
  }

  /** Stands on the chain before the first pack. */
  schema(): BlockEntry {
    return this.#sign('schema', this.#schemaPayload);
  }

  batch(sequence: number, packCount: number): BlockEntry {
    const timeMs = this.#clock.nowMs();
    const packs = Array.from({ length: packCount }, () => this.#pack(timeMs));
    const secret = suite.sha256(packs[0] ?? new Uint8Array());
    const payload = encodeBatch({
      gateway: toKeyId(this.#signer.keyId),
      sequence: toSequence(sequence),
      packCount,
      packRoot: packRoot(suite, secret, packs),
      timeMs,
      clock: this.#clock.state(),
    });
    return { ...this.#sign('reading-batch', payload), packs: { secret, packs } };
  }

  sizes(): Sizes {
    const { entry, packs } = this.batch(1, 1);
    const packBytes = packs?.packs[0]?.length ?? 0;
    return { packBytes, entryBytes: entry.length + (packs?.secret.length ?? 0) + packBytes };
  }

  #sign(kind: 'schema' | 'reading-batch', payload: Uint8Array): BlockEntry {
    return { entry: signEntry({ kind, payload, chainId: this.#chainId }, this.#signer) };
  }

  #pack(timeMs: number): Uint8Array {
    this.#count += 1;
    const pack = new Uint8Array(this.#patterns[this.#count % patternCount] ?? []);
    new DataView(pack.buffer).setBigUint64(timeAt, BigInt(timeMs));
    return pack;
  }

  #pattern(count: number): Uint8Array {
    const mantissas = Array.from({ length: registerCount }, (_, i) => (count * i) % 100_000);
    const pack = encodePack({
      schemaId: this.#schemaId,
      timeMs: this.#clock.nowMs(),
      clock: this.#clock.state(),
      mantissas,
      qualities: mantissas.map(() => quality.good),
    });
    assert(pack[timeAt - 1] === timeHead, 'the time stands where it is set');
    return pack;
  }
}
