// SPDX-License-Identifier: Apache-2.0
// What `tieline status` shows to a person: of a chain of one nothing of company, of several all.

import { expect, test } from 'vitest';
import { type GatewayStatus, statusText } from '../../../agent/status.ts';

const [own, second, third] = ['11'.repeat(8), '22'.repeat(8), '33'.repeat(8)];

const alone: GatewayStatus = {
  name: 'cellar',
  gateway: own ?? '',
  chain: 'ab'.repeat(32),
  ledger: {
    role: 'leader',
    term: 3,
    height: 11,
    timeMs: 0,
    outbox: { count: 2, bytes: 100, isFilling: false },
    cosignedSize: 10,
    receiptSize: 9,
    leader: own,
    mayPromise: true,
    peers: [],
    evidenceCount: 0,
    scrub: undefined,
    refusals: [],
  },
  head: { size: 12, root: 'cd'.repeat(32) },
  uplink: {
    connected: true,
    anchor: {
      onDuty: true,
      heard: true,
      waitingSize: 10,
      sentCount: 4,
      receiptCount: 3,
      cosigners: [own ?? ''],
      refusal: undefined,
    },
    summariesStored: 5,
    blocksWaiting: 1,
    summaryRefusal: undefined,
    answersRefused: 0,
  },
  meters: [],
};

const peer = { role: 'voter', match: undefined, silentMs: undefined, differs: false } as const;

const inCompany: GatewayStatus = {
  ...alone,
  ledger: {
    ...alone.ledger,
    role: 'follower',
    leader: second,
    peers: [
      { ...peer, keyId: second ?? '', name: 'school', isConnected: true, height: 12 },
      { ...peer, keyId: third ?? '', name: 'bakery', isConnected: false, height: undefined },
    ],
  },
  uplink: {
    ...alone.uplink,
    anchor: { ...alone.uplink.anchor, onDuty: false, cosigners: [own ?? '', second ?? ''] },
  },
};

test('alone', () => {
  expect(statusText(alone).split('\n')).toEqual([
    `gateway   cellar  ${own}`,
    `chain     ${'ab'.repeat(32)}`,
    'ledger    leader, height 11, outbox 2 entries',
    'anchored  9 of 12 blocks, 10 on the way',
    'uplink    connected, 1 blocks of summaries on the way',
    'meter     none configured',
  ]);
});

test('in company: who leads, who is there, who signed, who anchors', () => {
  expect(statusText(inCompany).split('\n').slice(2, 8)).toEqual([
    'ledger    follower, height 11, outbox 2 entries',
    'leader    school',
    `member    school  ${second}  connected, height 12`,
    `member    bakery  ${third}  not connected`,
    'cosigned  newest receipt: cellar, school',
    'duty      another member anchors',
  ]);
});

test('a member whose blocks differ stands out, and so does a chain without a leader', () => {
  const { ledger } = inCompany;
  const peers = ledger.peers.map((one) => ({ ...one, differs: true }));
  const text = statusText({ ...inCompany, ledger: { ...ledger, leader: undefined, peers } });
  expect(text).toContain('leader    none');
  expect(text).toContain(`member    school  ${second}  has other blocks, height 12`);
});
