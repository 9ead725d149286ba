// SPDX-License-Identifier: Apache-2.0
// What can be found anew, kept for a while, in two generations: when the younger is full, the older is
// forgotten as a whole. (One by one would be slow: where the first of a map is deleted again and
// again, who asks for the first walks over all that were.)

export class Generations<Key, Value extends NonNullable<unknown>> {
  readonly #eachMax: number;
  #younger = new Map<Key, Value>();
  #older: ReadonlyMap<Key, Value> = new Map();

  /** @param eachMax of either generation. */
  constructor(eachMax: number) {
    this.#eachMax = eachMax;
  }

  /** What is asked for counts as young again. */
  get(key: Key): Value | undefined {
    const young = this.#younger.get(key);
    if (young !== undefined) return young;
    const old = this.#older.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: Key, value: Value): void {
    this.#younger.set(key, value);
    if (this.#younger.size < this.#eachMax) return;
    this.#older = this.#younger;
    this.#younger = new Map();
  }
}
