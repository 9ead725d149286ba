// SPDX-License-Identifier: Apache-2.0
// Walks an ordered table with a look at the next row, so that two tables can be walked side by
// side.

export class Cursor<Row> {
  readonly #rows: AsyncGenerator<Row, undefined>;
  #next: Promise<IteratorResult<Row, undefined>> | undefined;

  constructor(rows: AsyncGenerator<Row, undefined>) {
    this.#rows = rows;
  }

  /** The next row, which stays the next; undefined at the end. */
  async peek(): Promise<Row | undefined> {
    this.#next ??= this.#rows.next();
    return (await this.#next).value;
  }

  async take(): Promise<Row | undefined> {
    const row = await this.peek();
    this.#next = undefined;
    return row;
  }

  /** Takes the rows for which this holds, up to the first for which it does not. */
  async takeWhile(holds: (row: Row) => boolean): Promise<readonly Row[]> {
    const taken: Row[] = [];
    for (;;) {
      const row = await this.peek();
      if (row === undefined || !holds(row)) return taken;
      taken.push(row);
      this.#next = undefined;
    }
  }
}
