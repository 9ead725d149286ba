// SPDX-License-Identifier: Apache-2.0
// What persons enter by hand, over the local API: taken from this machine once a person of the chain has
// signed it, and shown with its origin, so that nobody takes it for what a meter said.

import { toHex } from '../base/bytes.ts';
import { formatDecimal } from '../base/decimal.ts';
import type { Suite } from '../base/suite.ts';
import type { Route } from '../host/http.ts';
import { type HttpResponse, problem } from '../host/http-problem.ts';
import type { Database } from '../host/sqlite.ts';
import { decodeManualEntry, type ManualEntry } from '../sidechain/chain/manual-entry.ts';
import { mayEnter } from '../sidechain/chain/member.ts';
import type { SidechainNode } from '../sidechain/node.ts';
import {
  readManualEntries,
  type StoredManualEntry,
} from '../sidechain/store/manual-entry-table.ts';
import { entryRoute, signedByPerson } from './personal-entry.ts';
import { type Shown, shownOf } from './stale.ts';
import { submitEntry } from './submit-entry.ts';

export type ShownManualEntry = {
  readonly origin: 'manual';
  /** Who signed it: name, and key id in hex. */
  readonly person: { readonly name: string; readonly keyId: string };
  readonly sequence: number;
  readonly kind: ManualEntry['kind'];
  readonly subject: string;
  /** Of the observation, by the word of the person; and of the block that holds it, Unix ms. */
  readonly timeMs: number;
  readonly blockTimeMs: number;
  readonly height: number;
  readonly values: readonly {
    readonly name: string;
    /** Exact decimal. */
    readonly value: string;
    readonly unit: string;
  }[];
  readonly text: string | null;
  readonly reason: string | null;
};

export type ManualEntries = {
  readonly chain: Shown;
  /** The newest first. */
  readonly entries: readonly ShownManualEntry[];
  /** Who may enter, and the number of the last entry of each; 0 before the first. */
  readonly persons: readonly {
    readonly name: string;
    readonly keyId: string;
    readonly sequence: number;
  }[];
};

type Parts = {
  readonly node: Pick<SidechainNode, 'registry' | 'chainId' | 'submit' | 'status'>;
  readonly database: Database;
};

const path = '/api/v1/manual-entries';

export function manualRoutes(suite: Suite, parts: Parts): readonly Route[] {
  return [
    {
      method: 'GET',
      path,
      description: 'What persons have entered by hand, the newest first.',
      handler: async () => ({ status: 200, body: await manualEntries(suite, parts) }),
    },
    entryRoute({
      path,
      description: 'Puts a manual entry on the chain, signed by a person.',
      take: (entry) => objection(suite, parts, entry) ?? submitEntry(parts.node, entry),
    }),
  ];
}

/** Before anything is written: what no block would take from anybody. */
function objection(suite: Suite, { node }: Parts, bytes: Uint8Array): HttpResponse | undefined {
  const opened = signedByPerson(suite, node, bytes, {
    kind: 'manual-entry',
    other: 'no manual entry',
  });
  if (!opened.ok) return opened.response;
  const { entry, person } = opened;
  if (!mayEnter(person)) return problem(403, `${person.name} may not enter data on this chain`);
  const decoded = decodeManualEntry(entry.payload);
  return decoded.ok ? undefined : problem(400, decoded.detail);
}

async function manualEntries(suite: Suite, { node, database }: Parts): Promise<ManualEntries> {
  const { registry, chainId } = node;
  const stored = await readManualEntries(suite, database, { chainId, registry });
  const persons = registry.persons.filter(mayEnter).map(({ name, keyId }) => ({
    ...{ name, keyId: toHex(keyId) },
    sequence: registry.manualSequence(keyId)?.sequence ?? 0,
  }));
  return { chain: shownOf(node.status()), entries: stored.map(shown), persons };
}

function shown({ person, entry, height, blockTimeMs }: StoredManualEntry): ShownManualEntry {
  const { sequence, kind, subject, timeMs, text, reason } = entry;
  const values = entry.values.map(([name, mantissa, exponent, unit]) => ({
    ...{ name, value: formatDecimal({ mantissa, exponent }), unit },
  }));
  return {
    ...{ origin: 'manual', person: { name: person.name, keyId: toHex(person.keyId) } },
    ...{ sequence, kind, subject, timeMs, blockTimeMs, height, values, text, reason },
  };
}
