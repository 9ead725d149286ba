// SPDX-License-Identifier: Apache-2.0
// The pure parts of the link to a broker: topic filters, waiting times, what a refusal means.

import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../../host/backoff.ts';
import { mqttFailure, refusesVersion } from '../../../host/mqtt-failure.ts';
import { topicMatches } from '../../../host/mqtt-topic.ts';

describe('topic filters (MQTT 5.0 §4.7)', () => {
  test.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/b/c', 'a/b', false],
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', 'a/b', true],
    ['#', '$SYS/uptime', false],
    ['+/uptime', '$SYS/uptime', false],
    ['$SYS/#', '$SYS/uptime', true],
    ['$share/group/a/+', 'a/b', true],
    ['$share/group/a/+', 'group/a/b', false],
    ['A', 'a', false],
  ])('%s means %s: %s', (filter, topic, expected) => {
    expect(topicMatches({ filter, topic })).toBe(expected);
  });
});

describe('waiting before the next try', () => {
  const bounds = { minMs: 1_000, maxMs: 60_000 };

  test('doubles up to the bound, and never beyond it', () => {
    const waits = [0, 1, 2, 5, 6, 7, 1000].map((failures) =>
      backoffMs({ ...bounds, failures, random: 1 }),
    );
    expect(waits).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test('is spread over the upper half', () => {
    expect(backoffMs({ ...bounds, failures: 1, random: 0 })).toBe(1_000);
    expect(backoffMs({ ...bounds, failures: 1, random: 0.5 })).toBe(1_500);
  });
});

describe('reason codes (MQTT 5.0 §2.4)', () => {
  const withCode = (code: number): Error => Object.assign(new Error('refused'), { code });

  test.each([
    [0x87, 'mqtt-not-authorised', 'permanent'],
    [0x86, 'mqtt-not-authorised', 'permanent'],
    [0x89, 'mqtt-busy', 'transient'],
    [0x97, 'mqtt-busy', 'transient'],
    [0x90, 'mqtt-refused', 'permanent'],
  ])('0x%x is %s, %s', (code, name, retry) => {
    const failure = mqttFailure('publish to a', withCode(code));
    expect(failure).toMatchObject({ code: name, retry });
    expect(failure.message).toContain(`publish to a: refused (reason code 0x${code.toString(16)})`);
  });

  test('none at all: the connection was lost, try again', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    expect(mqttFailure('publish', reset)).toMatchObject({
      code: 'mqtt-offline',
      retry: 'transient',
    });
  });

  test('1 and 0x84 refuse the protocol version', () => {
    expect([1, 0x84, 5, 0x87].map((code) => refusesVersion(withCode(code)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
