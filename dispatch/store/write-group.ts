// SPDX-License-Identifier: Apache-2.0
// Writes of many callers in one transaction: what comes while one is under way waits for the next, so
// that a hundred small ones share one fsync. Each is durable when its promise resolves. They do not
// depend on each other: where one of them breaks a constraint, each is written by itself, and only
// that one fails.

import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Database, Statement } from '../../host/sqlite.ts';

type Waiting = {
  readonly statements: readonly Statement[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

export class WriteGroup {
  readonly #database: Pick<Database, 'write'>;
  readonly #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(database: Pick<Database, 'write'>) {
    this.#database = database;
  }

  /** @throws as `Database.write`. */
  write(statements: readonly Statement[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ statements, resolve, reject });
      if (!this.#isWriting) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      await this.#writeTogether(this.#waiting.splice(0, limits.groupedWritesMax));
    }
    this.#isWriting = false;
  }

  async #writeTogether(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#database.write(group.flatMap(({ statements }) => statements));
      for (const { resolve } of group) resolve();
    } catch (error) {
      const isOfOne = error instanceof TielineError && error.retry !== 'fatal' && group.length > 1;
      if (isOfOne) for (const one of group) await this.#writeTogether([one]);
      else for (const { reject } of group) reject(error);
    }
  }
}
