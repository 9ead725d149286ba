// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { judgeClock, systemClock } from '../../../host/clock.ts';
import { isFresh, parseChronyTracking, parseTimedatectl } from '../../../host/time-daemon.ts';

const nowMs = Date.UTC(2026, 5, 1);

describe('the state of the clock', () => {
  test('before 2024 is unset, whatever the daemon says', () => {
    const unset = { state: 'unset', errorMs: null };
    expect(judgeClock(0, { kind: 'synchronised', errorMs: 1 })).toEqual(unset);
    expect(judgeClock(Date.UTC(2024, 0, 1) - 1, { kind: 'not-synchronised' })).toEqual(unset);
  });

  test('is free-running without a daemon, synchronised with its bound otherwise', () => {
    const free = { state: 'free-running', errorMs: null };
    expect(judgeClock(Date.UTC(2024, 0, 1), { kind: 'not-synchronised' })).toEqual(free);
    const synchronised = { state: 'synchronised', errorMs: 3 };
    expect(judgeClock(nowMs, { kind: 'synchronised', errorMs: 3 })).toEqual(synchronised);
  });

  test('of this machine is told, and its intervals never go back', async () => {
    const clock = await systemClock();
    const before = clock.monotonicMs();
    expect(['synchronised', 'free-running', 'unset']).toContain(clock.state().state);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(before);
    expect(clock.nowMs()).toBeGreaterThan(Date.UTC(2024, 0, 1));
  });
});

describe('systemd-timesyncd', () => {
  test('counts while its file was touched within two polls, also by a clock that was ahead', () => {
    expect(isFresh(nowMs - limits.timeSynchronisationMaxAgeMs, nowMs)).toBe(true);
    expect(isFresh(nowMs - limits.timeSynchronisationMaxAgeMs - 1, nowMs)).toBe(false);
    expect(isFresh(nowMs + limits.timeSynchronisationMaxAgeMs + 1, nowMs)).toBe(false);
  });
});

describe('chronyc(1) tracking', () => {
  const line = (leap: string): string =>
    'C0A80101,192.168.1.1,3,1790000000.123456789,-0.000450000,0.000012,0.000034,' +
    `-12.3,0.001,0.02,0.020000000,0.001200000,64.2,${leap}\n`;

  test('gives the bound: |offset| + dispersion + delay / 2, rounded up', () => {
    // 0.45 + 1.2 + 10 ms
    expect(parseChronyTracking(line('Normal'))).toEqual({ kind: 'synchronised', errorMs: 12 });
  });

  test.each([
    line('Not synchronised'),
    '',
    '506 Cannot talk to daemon\n',
    line('Normal').replace('0.020000000', ''),
    line('Normal').replace('-0.000450000', 'x'),
  ])('says not synchronised for %j', (text) => {
    expect(parseChronyTracking(text)).toEqual({ kind: 'not-synchronised' });
  });
});

describe('timedatectl(1) show', () => {
  test('tells what the kernel was told by whichever daemon', () => {
    const synchronised = { kind: 'synchronised', errorMs: null };
    expect(parseTimedatectl('NTPSynchronized=yes\n')).toEqual(synchronised);
  });

  test.each(['NTPSynchronized=no\n', '', 'yes\n', 'NTPSynchronized=yes\nNTP=no\n'])(
    'says not synchronised for %j',
    (text) => {
      expect(parseTimedatectl(text)).toEqual({ kind: 'not-synchronised' });
    },
  );
});
