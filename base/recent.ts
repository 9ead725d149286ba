// SPDX-License-Identifier: Apache-2.0
// What was made of an object lately, kept as long as the object is, and not for more than about so
// many of them. Two halves: when the younger is full, the older is forgotten.

export class Recent<Key extends WeakKey, Value> {
  readonly #halfMax: number;
  #young = new WeakMap<Key, Value>();
  #old = new WeakMap<Key, Value>();
  #youngCount = 0;

  constructor(countMax: number) {
    this.#halfMax = Math.ceil(countMax / 2);
  }

  get(key: Key, make: () => Value): Value {
    const known = this.#young.get(key) ?? this.#old.get(key);
    if (known !== undefined) return known;
    const made = make();
    if (this.#youngCount >= this.#halfMax) {
      this.#old = this.#young;
      this.#young = new WeakMap();
      this.#youngCount = 0;
    }
    this.#young.set(key, made);
    this.#youngCount += 1;
    return made;
  }
}
