// SPDX-License-Identifier: Apache-2.0
// The schemas of the API by name: what its answers are made of, beside the views that make them.

import { recordKinds } from '../../sidechain/chain/main-record.ts';
import { mainRoles } from '../../sidechain/chain/main-registry.ts';
import type { Schema } from './answer-schema.ts';
import {
  base64,
  chainId,
  closed,
  count,
  cursor,
  keyId,
  listOf,
  named,
  nullableDecimal,
  texts,
  time,
} from './answer-schema.ts';
import { marketSchemas } from './market-view.ts';
import { profileSchemas } from './profile-file.ts';
import { usageSchemas } from './usage-view.ts';

const anchored: Schema = {
  description: 'the newest checkpoint that stands in the main log; null before the first',
  oneOf: [{ type: 'null' }, closed({ size: count, root: base64, logIndex: count })],
};

const chain = {
  id: chainId,
  name: texts,
  status: { enum: ['active', 'quarantined'] },
  enrolledAt: time,
  anchored,
};

const span = closed({ from: time, to: time });

const role: Schema = { enum: [...mainRoles] };
const publicKey: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const nullableKey: Schema = { type: ['string', 'null'], pattern: publicKey.pattern };
const organisation = { name: texts, roles: listOf(role), governanceKey: nullableKey };
const person = { keyId, name: texts, roles: listOf(role), organisation: texts, publicKey };

const registry: Schema = closed(
  {
    mainLog: closed({ origin: texts, id: chainId }),
    version: count,
    organisations: listOf(closed({ ...organisation, keepsLog: { type: 'boolean' } })),
    persons: listOf(closed(person)),
    logKeys: listOf(closed({ organisation: texts, publicKey })),
    threshold: count,
    keyGeneration: count,
  },
  // Once they have changed hands.
  ['keyGeneration'],
);

const registryChange: Schema = {
  oneOf: [
    closed({ kind: { const: 'organisation' }, ...organisation }),
    closed({ kind: { const: 'person' }, ...person }),
    closed({ kind: { const: 'remove-organisation' }, name: texts }),
    closed({ kind: { const: 'remove-person' }, keyId }),
    closed({
      kind: { const: 'log-keys' },
      generation: count,
      threshold: count,
      offers: listOf(base64),
    }),
  ],
};

const proposal: Schema = closed({
  id: chainId,
  organisation: texts,
  version: count,
  reason: texts,
  proposedAt: time,
  changes: listOf(registryChange),
  signedBy: listOf(texts),
  needed: count,
  proposal: base64,
});

const recordPage: Schema = closed({
  items: listOf(
    closed({
      logIndex: count,
      kind: { enum: ['act', 'market-window', ...recordKinds] },
      acceptedAt: time,
      record: base64,
    }),
  ),
  next: { type: ['integer', 'null'], description: 'cursor of the page that follows, or null' },
});

/** RFC 9457; `code` and `errors` are ours. */
const problem: Schema = {
  ...closed(
    {
      type: texts,
      title: texts,
      status: { type: 'integer' },
      detail: texts,
      code: texts,
      errors: listOf(closed({ in: texts, name: texts, detail: texts })),
    },
    ['code', 'errors'],
  ),
};

const report: Schema = closed(
  {
    gateway: keyId,
    takenAt: time,
    kind: { enum: ['evidence', 'withheld'] },
    reportedAt: time,
    member: { ...keyId, description: 'of evidence: who has signed two histories' },
    leader: { ...keyId, description: 'of withheld: who leaves the entry out' },
    term: count,
    entryId: texts,
    waitedMs: count,
    height: count,
    signed: base64,
  },
  ['kind', 'reportedAt', 'member', 'leader', 'term', 'entryId', 'waitedMs', 'height'],
);

const summary: Schema = closed({
  id: { type: 'string', pattern: '^\\d+-\\d+$' },
  chain: chainId,
  device: texts,
  obis: texts,
  unit: texts,
  from: time,
  to: time,
  revision: count,
  quality: { enum: ['validated', 'estimated', 'edited', 'missing'] },
  reason: texts,
  first: nullableDecimal,
  last: nullableDecimal,
  min: nullableDecimal,
  max: nullableDecimal,
  mean: nullableDecimal,
  delta: { ...nullableDecimal, description: 'counted since the last reading before the window' },
  count,
  expectedCount: count,
  missing: listOf(span),
  screened: closed({ outOfRange: count, duplicate: count, stale: count, spike: count }),
  events: listOf(closed({ event: { enum: ['rollover', 'reset', 'meter-swap'] }, at: time })),
  meterDefinition: texts,
  proof: { ...texts, description: 'path of its proof bundle' },
});

export const schemas: Readonly<Record<string, Schema>> = {
  Problem: problem,
  Registry: registry,
  Proposal: proposal,
  RecordPage: recordPage,
  Recorded: closed({ logIndex: count, receipt: base64 }),
  Chain: closed(chain),
  ChainDetail: closed({
    ...chain,
    createdAt: time,
    membershipVersion: count,
    members: listOf(closed({ keyId, name: texts, role: texts })),
    distrusted: listOf(keyId),
    policy: closed({ class: texts, signersNeeded: count }),
    summaryWindowMs: count,
  }),
  ChainPage: closed({ chains: listOf(named('Chain')), next: cursor }),
  Report: report,
  Summary: summary,
  SummaryPage: closed({ summaries: listOf(named('Summary')), next: cursor }),
  ...usageSchemas,
  ...marketSchemas,
  ...profileSchemas,
};
