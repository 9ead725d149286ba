// SPDX-License-Identifier: Apache-2.0
// Looks ahead: what will be judged soon is read, and its signatures are checked on other processors,
// while the disk writes and the others answer. It only finds out sooner what the ledger would ask anyway: who
// judges does not depend on it.

import { limits } from '../../base/limits.ts';
import type { Suite, VerifyBeside } from '../../base/suite.ts';
import type { BlockBody, BlockEntry } from '../chain/block.ts';
import { isPersonal, openEntry, type SignedEntry, signedBytesOf } from '../chain/entry.ts';
import type { Ledger } from '../chain/ledger.ts';
import type { Registry } from '../chain/registry.ts';
import type { KnownVerdicts } from '../chain/verdicts.ts';
import type { Entry } from '../raft/entry.ts';
import { type LogMeaning, meaningOf } from './log-meaning.ts';
import { entryOf, type LogRow } from './log-table.ts';

export type ForesightParts = {
  readonly suite: Suite;
  readonly chainId: Uint8Array;
  readonly registry: Registry;
  readonly known: KnownVerdicts;
  readonly verifyBeside: VerifyBeside;
};

/** undefined where there are no other processors. */
export function foresightOf(
  { ledger, known }: { readonly ledger: Ledger; readonly known: KnownVerdicts },
  by: { readonly suite: Suite; readonly verifyBeside?: VerifyBeside | undefined },
): Foresight | undefined {
  const { suite, verifyBeside } = by;
  const { chainId, registry } = ledger;
  return verifyBeside && new Foresight({ suite, chainId, registry, known, verifyBeside });
}

/** A row of the log, and its entry where the row is what was written. */
export type SeenRow = { readonly row: LogRow; readonly entry: Entry | undefined };

/** A walk of the log for who applies it: a few rows behind those whose signatures are being checked. */
export async function* walkAhead(
  suite: Suite,
  rows: AsyncGenerator<LogRow, undefined>,
  foresight: Foresight | undefined,
): AsyncGenerator<SeenRow, undefined> {
  const waiting: SeenRow[] = [];
  let bytes = 0;
  let failure: unknown;
  for (;;) {
    // What cannot be read is told in its turn: behind what is wrong with the rows before it.
    const next = await rows.next().catch((error: unknown) => {
      failure = error;
    });
    if (next === undefined || next.done === true) break;
    const row = next.value;
    const entry = entryOf(suite, row);
    if (entry !== undefined) foresight?.look([entry]);
    waiting.push({ row, entry });
    bytes += row.data.length;
    const isEnough = bytes > limits.storePageBytes || waiting.length >= limits.foresightRows;
    const first = isEnough || foresight === undefined ? waiting.shift() : undefined;
    if (first === undefined) continue;
    bytes -= first.row.data.length;
    yield first;
  }
  yield* waiting;
  if (failure !== undefined) throw failure;
  return undefined;
}

type Question = { readonly entry: SignedEntry; readonly publicKey: Uint8Array };

type Seen = {
  readonly meaning: LogMeaning;
  readonly checked: Promise<void>;
  isChecked: boolean;
};

export class Foresight {
  readonly #parts: ForesightParts;
  readonly #seen = new WeakMap<Entry, Seen>();
  /** By their bytes: what this member has written itself it need not read. */
  readonly #written = new WeakMap<Uint8Array, BlockBody>();

  constructor(parts: ForesightParts) {
    this.#parts = parts;
  }

  /** This member has made these bytes of this body. */
  wrote(data: Uint8Array, body: BlockBody): void {
    this.#written.set(data, body);
  }

  /** These are in the log now, and may be committed. `onChecked`: for each, when its signatures are. */
  look(entries: readonly Entry[], onChecked: () => void = () => {}): void {
    for (const entry of entries) {
      const body = this.#written.get(entry.data);
      const meaning: LogMeaning = body === undefined ? meaningOf(entry) : { kind: 'block', body };
      if (meaning.kind !== 'block') continue;
      const checked = this.check(meaning.body.entries);
      const seen = { meaning, checked, isChecked: false };
      const finish = (): void => {
        seen.isChecked = true;
        onChecked();
      };
      // Whoever takes it is told of a failure; nobody may ever.
      checked.then(finish, finish);
      this.#seen.set(entry, seen);
    }
  }

  /** Whether who takes all of these need not wait. */
  hasChecked(entries: readonly Entry[]): boolean {
    return entries.every((entry) => this.#seen.get(entry)?.isChecked !== false);
  }

  /** What this entry means, once its signatures are checked; undefined where it was not looked at. */
  async take(entry: Entry): Promise<LogMeaning | undefined> {
    const seen = this.#seen.get(entry);
    if (seen === undefined) return undefined;
    this.#seen.delete(entry);
    await seen.checked;
    return seen.meaning;
  }

  /** Resolves when the signatures of these, as far as their signers are known, are checked. attacker-controlled */
  async check(entries: readonly BlockEntry[]): Promise<void> {
    const questions = entries.flatMap(({ entry }) => this.#questionOf(entry) ?? []);
    let next = 0;
    const work = async (): Promise<void> => {
      for (;;) {
        const question = questions[next++];
        if (question === undefined) return;
        await this.#ask(question);
      }
    };
    const atOnce = Math.min(questions.length, limits.verifiesAtOnceMax);
    await Promise.all(Array.from({ length: atOnce }, work));
  }

  #questionOf(bytes: Uint8Array): Question | undefined {
    const { suite, registry, known } = this.#parts;
    const opened = openEntry(suite, bytes);
    if (!opened.ok) return undefined;
    const entry = opened.value;
    const { keyId, kind } = entry;
    const signer = isPersonal(kind) ? registry.person(keyId) : registry.member(keyId);
    if (signer === undefined || known.isKnown(entry, signer.publicKey)) return undefined;
    return { entry, publicKey: signer.publicKey };
  }

  async #ask({ entry, publicKey }: Question): Promise<void> {
    const { chainId, known, verifyBeside } = this.#parts;
    const { signature } = entry.sign1;
    const holds = await verifyBeside(publicKey, signedBytesOf(entry, chainId), signature);
    known.learn(entry, publicKey, holds);
  }
}
