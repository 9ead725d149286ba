// SPDX-License-Identifier: Apache-2.0
// Raft's members followed along the log, as the ledger warrants each change, and held against what is
// stored of them: a configuration that no entry made would let the wrong members decide.

import type { Genesis } from '../chain/genesis.ts';
import type { Member } from '../chain/member.ts';
import type { Configuration } from '../raft/configuration/configuration.ts';
import type { Entry } from '../raft/entry.ts';
import type { Flaw } from './audit-block.ts';
import { firstConfiguration, type StoredConfiguration } from './configuration-table.ts';
import { warrantOf } from './warrant.ts';

export class ConfigurationAudit {
  readonly #stored: StoredConfiguration | undefined;
  /** Log index of a block that was stored before the configuration was read. */
  readonly #sureIndex: number;
  #configuration: Configuration;
  #isMet = false;

  constructor(
    genesis: Genesis,
    found: { readonly stored: StoredConfiguration | undefined; readonly sureIndex: number },
  ) {
    this.#stored = found.stored;
    this.#sureIndex = found.sureIndex;
    this.#configuration = firstConfiguration(genesis);
  }

  /** Index of the last entry that the configuration is about. */
  get logIndex(): number {
    return this.#stored?.logIndex ?? 0;
  }

  /** An entry of kind `config`, after all blocks before it. */
  take({ index, data }: Entry, members: readonly Member[]): Flaw | undefined {
    const warrant = warrantOf(data, { configuration: this.#configuration, members });
    if (!warrant.ok) return undefined;
    this.#configuration = warrant.value.configuration;
    if (index === this.logIndex) {
      this.#isMet = true;
      if (isSame(this.#configuration, this.#stored?.configuration)) return undefined;
      return flaw('the stored members of Raft are not those of the log');
    }
    const isMissing = index > this.logIndex && index <= this.#sureIndex;
    return isMissing ? flaw(`the change of entry ${index} is not stored`) : undefined;
  }

  /** What the log has left open. */
  end(): Flaw | undefined {
    if (this.#stored === undefined || this.#isMet) return undefined;
    return flaw(`entry ${this.logIndex} of the log changes no members, and they are stored so`);
  }
}

function isSame(one: Configuration, other: Configuration | undefined): boolean {
  const text = (ids: readonly number[] = []): string => ids.join();
  return text(one.voters) === text(other?.voters) && text(one.learners) === text(other?.learners);
}

function flaw(detail: string): Flaw {
  return { reason: 'configuration', detail };
}
