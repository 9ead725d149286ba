// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { TielineError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import { createLog, type LogFields, type LogLevel } from '../../../host/log.ts';

const nowMs = () => Date.UTC(2026, 0, 2, 3, 4, 5, 6);

function recorder(level: LogLevel = 'debug', human = false) {
  const lines: string[] = [];
  return { lines, log: createLog({ level, human, nowMs, write: (line) => void lines.push(line) }) };
}

/** The fields as a reader of the line gets them. */
function logged(fields: LogFields): Record<string, unknown> {
  const { lines, log } = recorder();
  log.info('event', fields);
  const { time: _time, level: _level, event: _event, ...rest } = JSON.parse(lines[0] ?? '');
  return rest;
}

describe('lines', () => {
  test('are one JSON object each, with time, level, event, common and own fields', () => {
    const { lines, log } = recorder();
    log.child({ chain: 'c1' }).child({ device: 'm' }).warn('gap', { height: 7 });
    expect(lines).toEqual([
      '{"time":"2026-01-02T03:04:05.006Z","level":"warn","event":"gap",' +
        '"chain":"c1","device":"m","height":7}\n',
    ]);
  });

  test('below the level are not written', () => {
    const { lines, log } = recorder('warn');
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['c', 'd']);
  });

  test('for people are words, and nothing that was logged can begin a line of its own', () => {
    const { lines, log } = recorder('info', true);
    log.info('read', { meter: 'sdm630', text: 'a\n12:00:00.000 error fire', count: 3, at: null });
    expect(lines).toEqual([
      '03:04:05.006 info  read meter=sdm630 text="a\\n12:00:00.000 error fire" count=3 at=null\n',
    ]);
  });
});

describe('fields', () => {
  test('of any kind become JSON', () => {
    const fields = {
      bytes: Uint8Array.of(0, 255),
      big: 2n ** 60n,
      none: undefined,
      nan: Number.NaN,
    };
    expect(logged(fields)).toEqual({ bytes: '00ff', big: '1152921504606846976', nan: 'NaN' });
  });

  test('of errors tell code, message and cause', () => {
    const error = new TielineError('database-full', 'no space', { cause: new TypeError('deep') });
    expect(logged({ error })).toEqual({
      error: {
        code: 'database-full',
        message: 'no space',
        cause: { code: 'TypeError', message: 'deep' },
      },
    });
  });

  test('are bounded: long texts, long lists, deep and endless objects', () => {
    const endless: Record<string, unknown> = {};
    endless.self = endless;
    const fields = logged({ text: 'x'.repeat(1e6), list: Array(1e4).fill(0), endless });
    expect(String(fields.text)).toHaveLength(limits.logTextMax + 1);
    expect(fields.list).toHaveLength(limits.logItemsMax);
    expect(JSON.stringify(fields).length).toBeLessThan(2 * limits.logTextMax);
  });
});

describe('secrets never reach a line', () => {
  test.each(['seed', 'blockSecret', 'brokerPassword', 'private_key', 'token', 'PASSPHRASE'])(
    'as a field named %s, at any depth',
    (key) => {
      const fields = logged({ [key]: 'hunter2', deep: { list: [{ [key]: Uint8Array.of(1) }] } });
      expect(fields).toEqual({ [key]: '***', deep: { list: [{ [key]: '***' }] } });
    },
  );

  test('inside a URL', () => {
    expect(logged({ url: 'mqtts://user:hunter2@broker:8883/x' })).toEqual({
      url: 'mqtts://user:***@broker:8883/x',
    });
  });

  test('as a private key in PEM, nor in the message of an error', () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----';
    expect(JSON.stringify(logged({ text: `bad: ${pem}`, error: new Error(pem) }))).not.toContain(
      'hunter2',
    );
  });
});
