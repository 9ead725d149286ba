// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { checkRunning } from '../../../../agent/doctor/check-running.ts';
import { findingText, verdictText } from '../../../../agent/doctor/finding.ts';
import { alone, inCompany } from '../statuses.ts';

const meter = {
  device: 'main',
  periodMs: 1_000,
  readCount: 500,
  failureCount: 0,
  missedCount: 0,
  lastReadMs: 0,
  fault: undefined,
  hint: undefined,
};

describe('a gateway that runs is asked instead of its lines', () => {
  it('is well where all answer', () => {
    const findings = checkRunning({ ...alone, meters: [meter] });
    expect(findings.map(({ state }) => state)).toEqual(['good', 'good']);
    expect(verdictText(findings)).toBe('all is well');
  });

  it('tells a meter that is silent from one that is read too seldom', () => {
    const silent = { ...meter, fault: 'unit 1 did not answer' };
    const meters = [silent, { ...meter, missedCount: 6 }];
    const [, one, other] = checkRunning({ ...alone, meters });
    expect(one).toMatchObject({ state: 'bad' });
    const [, hinted] = checkRunning({ ...alone, meters: [{ ...silent, hint: 'plug it in' }] });
    expect(hinted).toHaveProperty('advice', expect.stringContaining('plug it in'));
    expect(other).toHaveProperty('advice', expect.stringContaining('tieline plan'));
  });

  it('names the members that are away, and those that hold other blocks', () => {
    const [first, ...rest] = inCompany.ledger.peers;
    const peers = first === undefined ? [] : [{ ...first, differs: true }, ...rest];
    const findings = checkRunning({ ...inCompany, ledger: { ...inCompany.ledger, peers } });
    const members = findings.filter(({ area }) => area === 'network');
    expect(members.map(({ state }) => state)).toEqual(['bad', 'attention']);
  });

  it('tells an uplink that is cut', () => {
    const uplink = { ...alone.uplink, connected: false };
    expect(checkRunning({ ...alone, uplink })[0]).toMatchObject({ area: 'broker', state: 'bad' });
  });
});

describe('findings for people', () => {
  it('put what to do below what is wrong', () => {
    const finding = { area: 'disk', state: 'bad', what: 'full', advice: 'one\ntwo' } as const;
    expect(findingText(finding).split('\n')).toEqual([
      'bad        disk           full',
      `${' '.repeat(26)}→ one`,
      `${' '.repeat(26)}two`,
    ]);
    expect(verdictText([finding])).toBe('1 thing must be put right');
  });
});
