// SPDX-License-Identifier: Apache-2.0
// What `tieline status` shows to a person: of a chain of one nothing of company, of several all.

import { expect, test } from 'vitest';
import { statusText } from '../../../agent/status.ts';
import { alone, inCompany, own, second, third } from './statuses.ts';

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

test('changes of members that the centre has not noted, and what it says against them', () => {
  const uplink = { ...alone.uplink, membershipWaiting: 2, membershipRefusal: 'policy: too few' };
  const text = statusText({ ...alone, uplink });
  expect(text).toContain('\nmembers   2 changes wait for the centre\nrefused   policy: too few\n');
});
