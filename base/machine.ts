// SPDX-License-Identifier: Apache-2.0
// The shape of everything that runs when a ledger is applied, on either tier: a pure,
// deterministic function of its own state, one entry and the ledger's time. Ledgers know this
// shape and no contract; contracts know this shape and no ledger. Invariant: same state and
// entries, same writes, outputs and effects, on every machine.

import type { CborValue } from './cbor.ts';
import type { KeyId, SchemaId, Sequence } from './ids.ts';
import type { Pack } from './pack.ts';
import type { Schema } from './schema.ts';

/** One machine's own part of the state. What was put is got back; nobody changes a value after it
 * was put. There is no listing of keys on purpose: a machine that needs one keeps an index under
 * a key of its own, so that all it depends on is in the state hash, and no order of iteration can
 * differ between members. */
export type StateView = {
  readonly get: (key: string) => CborValue | undefined;
  readonly put: (key: string, value: CborValue) => void;
  readonly delete: (key: string) => void;
};

export type Context = {
  /** Height of the block on a sidechain, index of the leaf on the main chain. */
  readonly height: number;
  /** Time of that block, Unix ms; it never falls. */
  readonly timeMs: number;
};

export type Applied<Output, Effect> = {
  readonly outputs: readonly Output[];
  readonly effects: readonly Effect[];
};

export type Machine<Entry, Output, Effect> = {
  /** Part of each of its state keys: never changed, never shared. */
  readonly name: string;
  /** Two machines of one version do the same with the same input. */
  readonly version: string;
  /** Writes only through `state`. It trusts its entry, which the ledger has judged, and throws
   * for nothing. */
  readonly apply: (state: StateView, entry: Entry, context: Context) => Applied<Output, Effect>;
};

/** What a sidechain's ledger shows its machines: each accepted entry, in order, then the end of
 * the block. */
export type LedgerEntry =
  | {
      readonly kind: 'schema';
      readonly gateway: KeyId;
      readonly id: SchemaId;
      readonly schema: Schema;
    }
  | {
      readonly kind: 'batch';
      readonly gateway: KeyId;
      readonly sequence: Sequence;
      /** Each names a schema that came before, and passes `checkPack` with it. */
      readonly packs: readonly Pack[];
    }
  | {
      readonly kind: 'gap';
      readonly gateway: KeyId;
      readonly sequence: Sequence;
      readonly device: string;
      readonly fromMs: number;
      readonly toMs: number;
      readonly reason: string;
      readonly packCount: number;
    }
  | { readonly kind: 'block-end' };

/** Nothing more to say about this entry. */
export const nothing: Applied<never, never> = Object.freeze({ outputs: [], effects: [] });
