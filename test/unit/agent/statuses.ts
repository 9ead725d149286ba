// SPDX-License-Identifier: Apache-2.0
// States of a gateway, as its local API tells them: of one alone, and of one in company.

import type { GatewayStatus } from '../../../agent/status.ts';

export const [own, second, third] = ['11'.repeat(8), '22'.repeat(8), '33'.repeat(8)];

export const alone: GatewayStatus = {
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
    stale: undefined,
    mayPromise: true,
    hasRoom: true,
    membership: { version: 0, isFixed: false, members: [] },
    peers: [],
    evidenceCount: 0,
    guilty: [],
    scrub: undefined,
    archive: undefined,
    oversight: { suspended: [], yieldsAsked: 0, leadersShunned: 0 },
    leftOutMs: undefined,
    carried: [],
    yieldsGranted: 0,
    refusals: [],
  },
  head: { size: 12, root: 'cd'.repeat(32) },
  uplink: {
    connected: true,
    problem: undefined,
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
    reportsWaiting: 0,
    reportsTaken: 0,
    membershipWaiting: 0,
    membershipRefusal: undefined,
    asksAnswered: 0,
    requestsRefused: 0,
    keyAlarm: undefined,
    answersRefused: 0,
  },
  meters: [],
  missing: [],
};

const peer = {
  role: 'voter',
  match: undefined,
  silentMs: undefined,
  differs: false,
  reaches: undefined,
} as const;

export const inCompany: GatewayStatus = {
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
