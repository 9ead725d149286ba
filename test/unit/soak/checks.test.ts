// SPDX-License-Identifier: Apache-2.0
// The judges of the soak are judged: each finds what it is there for, and nothing where all is well.

import { expect, test } from 'vitest';
import { toSchemaId } from '../../../base/ids.ts';
import { encodePack } from '../../../base/pack.ts';
import { equalHeads } from '../../soak/checks/equal-heads.ts';
import type { Evidence, GatewayEvidence } from '../../soak/checks/evidence.ts';
import { countExactly, exactlyOnce } from '../../soak/checks/exactly-once.ts';
import { readingsKept } from '../../soak/checks/readings-kept.ts';
import { receipts } from '../../soak/checks/receipts.ts';
import { unbiddenEnds } from '../../soak/checks/unbidden-ends.ts';
import type { Life } from '../../soak/oracle.ts';
import type { BatchRecord, ChainRecord } from '../../system/harness/chain-record.ts';

const key = '00000000000000aa';
const anchor = Uint8Array.of(7);

const reading = encodePack({
  schemaId: toSchemaId(new Uint8Array(32)),
  timeMs: 1_700_000_000_000,
  clock: { state: 'free-running', errorMs: null },
  mantissas: [1],
  qualities: [0],
});

function batch(sequence: number, packCount = 4): BatchRecord {
  const packs = Array.from({ length: packCount }, () => reading);
  return { id: `entry-${sequence}`, gateway: key, sequence, timeMs: 0, packs };
}

const twenty = Array.from({ length: 20 }, (_, i) => batch(i + 1));

function record(changes: Partial<ChainRecord> = {}): ChainRecord {
  return {
    height: 9,
    headHash: 'head',
    batches: twenty,
    gaps: [],
    receipts: [{ size: 5, anchor }],
    anchoredSize: 5,
    summaries: [],
    refused: [],
    outboxCount: 0,
    ...changes,
  };
}

function gateway(name: string, changes: Partial<GatewayEvidence> = {}): GatewayEvidence {
  return { name, keyId: key, data: '', record: record(), lives: [], ...changes };
}

function evidence(changes: Partial<Evidence> = {}): Evidence {
  return {
    acknowledged: new Map(twenty.map(({ id, sequence }) => [id, { gateway: key, sequence }])),
    gateways: [gateway('cellar'), gateway('school')],
    unbiddenEnds: [],
    mainLog: {
      anchors: [{ size: 5, bytes: anchor }],
      evidenceCount: 0,
      quarantined: false,
      flaws: [],
    },
    ...changes,
  };
}

function withSecond(changes: Partial<ChainRecord>): Evidence {
  return evidence({
    gateways: [gateway('cellar'), gateway('school', { record: record(changes) })],
  });
}

const judges = [exactlyOnce, equalHeads, readingsKept, receipts, unbiddenEnds];

test('nothing is found where all is well', () => {
  expect(judges.flatMap((judge) => judge(evidence()))).toEqual([]);
  expect(countExactly(evidence())).toEqual({ lost: 0, doubled: 0, batches: 20 });
});

test('an acknowledged entry that one member lacks is lost', () => {
  const without = withSecond({ batches: twenty.slice(0, 19) });
  expect(countExactly(without)).toMatchObject({ lost: 1, doubled: 0 });
  expect(exactlyOnce(without)).toEqual(['1 acknowledged entries are not on every member']);
});

test('another entry under the number of an acknowledged one is no substitute', () => {
  const batches = twenty.map((one) => (one.sequence === 3 ? { ...one, id: 'another' } : one));
  expect(countExactly(withSecond({ batches }))).toMatchObject({ lost: 1, doubled: 0 });
});

test('an entry that stands twice is doubled, by its bytes or by its number', () => {
  const same = withSecond({ batches: [...twenty, batch(20)] });
  expect(countExactly(same).doubled).toBeGreaterThan(0);
  const other = withSecond({ batches: [...twenty, { ...batch(20), id: 'another' }] });
  expect(countExactly(other).doubled).toBeGreaterThan(0);
});

test('numbers that are missing are found even where nobody saw them acknowledged', () => {
  const batches = twenty.filter(({ sequence }) => sequence !== 7);
  const gateways = [gateway('cellar', { record: record({ batches }) })];
  expect(
    exactlyOnce(evidence({ acknowledged: new Map([['entry-1', batch(1)]]), gateways })),
  ).toEqual([`on cellar, numbers of ${key} are missing`]);
});

test('an oracle that saw nothing proves nothing', () => {
  expect(exactlyOnce(evidence({ acknowledged: new Map() }))).toHaveLength(1);
});

test('other heads and what is still on its way are found', () => {
  expect(equalHeads(withSecond({ headHash: 'other' }))).toHaveLength(1);
  expect(equalHeads(withSecond({ outboxCount: 2 }))).toEqual([
    'school has 2 entries in its outbox',
  ]);
});

const stopped: Life = {
  fromSequence: 0,
  toSequence: 20,
  samples: [
    { readCount: 40, sequence: 10 },
    { readCount: 80, sequence: 20 },
  ],
  how: 'stopped',
};

test.each([
  ['a life that ended well answers for all that it had counted', stopped, 81, 1],
  ['and is content with as much', stopped, 80, 0],
  [
    'one that was killed, for what it had counted some batches before',
    { ...stopped, how: 'killed' },
    81,
    0,
  ],
] as const)('%s', (_, life, readCount, problems) => {
  const samples = life.samples.map((one, i) => (i === 1 ? { ...one, readCount } : one));
  const gateways = [gateway('cellar', { lives: [{ ...life, samples }] })];
  expect(readingsKept(evidence({ gateways }))).toHaveLength(problems);
});

test('what a gap states is accounted for', () => {
  const samples = [{ readCount: 83, sequence: 20 }];
  const gaps = [{ id: 'gap', gateway: key, sequence: 21, packCount: 3 }];
  const lives = [{ ...stopped, samples }];
  const without = evidence({ gateways: [gateway('cellar', { lives })] });
  expect(readingsKept(without)).toHaveLength(1);
  const within = [gateway('cellar', { lives, record: record({ gaps }) })];
  expect(readingsKept(evidence({ gateways: within }))).toEqual([]);
});

test('a receipt that the main log does not have, a log that shrinks, and proofs of guilt are found', () => {
  const foreign = [{ size: 6, anchor: Uint8Array.of(8) }];
  expect(receipts(withSecond({ receipts: foreign }))).toHaveLength(1);
  expect(receipts(withSecond({ receipts: [] }))).toHaveLength(1);
  const { mainLog } = evidence();
  const shrunk = [...mainLog.anchors, { size: 4, bytes: anchor }];
  for (const changes of [
    { anchors: shrunk },
    { evidenceCount: 1 },
    { quarantined: true },
    { flaws: ['root'] },
  ]) {
    expect(receipts(evidence({ mainLog: { ...mainLog, ...changes } }))).toHaveLength(1);
  }
});

test('an end that nobody wished is told with its last words', () => {
  const end = { name: 'cellar', code: 70, signal: null, lastWords: 'a fault' };
  expect(unbiddenEnds(evidence({ unbiddenEnds: [end] }))).toEqual([
    'cellar ended with 70: a fault',
  ]);
});
