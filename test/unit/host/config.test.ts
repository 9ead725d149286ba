// SPDX-License-Identifier: Apache-2.0
// Configuration files: every problem at once, each with its place and a way out, and never a value.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { type ConfigForm, loadConfig, parseConfig } from '../../../host/config.ts';

type Config = {
  readonly name: string;
  readonly broker: { readonly url: string; readonly password?: string };
  readonly meters: readonly Record<string, unknown>[];
  readonly window: number;
  readonly debug: boolean;
};

const closed = { type: 'object', additionalProperties: false } as const;
const unit = { type: 'integer', minimum: 1, maximum: 247, default: 1, description: '1 to 247' };
const schema = {
  ...closed,
  required: ['name', 'broker'],
  properties: {
    name: { type: 'string', minLength: 1 },
    window: { type: 'integer', minimum: 5, default: 900 },
    debug: { type: 'boolean', default: false },
    broker: {
      ...closed,
      required: ['url'],
      properties: {
        url: { type: 'string', pattern: '^mqtts?://', description: 'mqtt://host:port' },
        password: { type: 'string' },
      },
    },
    meters: {
      type: 'array',
      default: [],
      items: {
        type: 'object',
        required: ['kind'],
        discriminator: { propertyName: 'kind' },
        oneOf: [
          {
            ...closed,
            required: ['address'],
            properties: { kind: { const: 'tcp' }, address: { type: 'string' }, unit },
          },
          {
            ...closed,
            required: ['port'],
            properties: {
              kind: { const: 'serial' },
              port: { type: 'string' },
              parity: { enum: ['none', 'even', 'odd'], default: 'none' },
              unit,
            },
          },
        ],
      },
    },
  },
};

function parse(text: string, more: Partial<ConfigForm<Config>> = {}): Config {
  return parseConfig<Config>({ text, file: 'gateway.yaml', schema, ...more });
}

/** The lines of the message that a text is refused with. */
function problemsOf(text: string, more: Partial<ConfigForm<Config>> = {}): readonly string[] {
  try {
    parse(text, more);
  } catch (error) {
    expect(error).toMatchObject({ code: 'config', retry: 'permanent' });
    return (error as Error).message.split('\n');
  }
  throw new Error('nothing was refused');
}

const good = 'name: a\nbroker: {url: "mqtt://b"}\n';

describe('what is right', () => {
  test('is read, and what is left out filled from the schema', () => {
    const text = `${good}meters:\n  - {kind: serial, port: /dev/ttyUSB0}\n  - {kind: tcp, address: b, unit: 7}`;
    expect(parse(text)).toEqual({
      name: 'a',
      broker: { url: 'mqtt://b' },
      window: 900,
      debug: false,
      meters: [
        { kind: 'serial', port: '/dev/ttyUSB0', parity: 'none', unit: 1 },
        { kind: 'tcp', address: 'b', unit: 7 },
      ],
    });
  });

  test('YAML 1.2: `no` and `off` are texts, not truth values', () => {
    expect(parse('name: no\nbroker: {url: "mqtt://b", password: off}')).toMatchObject({
      name: 'no',
      broker: { password: 'off' },
    });
  });
});

describe('problems', () => {
  test('all are reported at once, in the order of the file, with line and column', () => {
    const text = [
      'nmae: gateway',
      'window: fifteen',
      'broker:',
      '  url: http://b',
      'meters:',
      '  - kind: serial',
      '    parity: evne',
      '    unit: 300',
      '  - kind: radio',
      '  - {}',
    ].join('\n');
    expect(problemsOf(text)).toEqual([
      'gateway.yaml:1:1: name: is missing',
      'gateway.yaml:1:1: nmae: unknown key (did you mean name?)',
      'gateway.yaml:2:9: window: must be integer, is string',
      'gateway.yaml:4:8: broker.url: must be mqtt://host:port',
      'gateway.yaml:6:5: meters[0].port: is missing',
      'gateway.yaml:7:13: meters[0].parity: must be one of none, even, odd (did you mean even?)',
      'gateway.yaml:8:11: meters[0].unit: must be <= 247 (1 to 247)',
      'gateway.yaml:9:11: meters[1].kind: must be one of tcp, serial',
      'gateway.yaml:10:5: meters[2].kind: is missing',
    ]);
  });

  test.each([
    ['Window: 5', 'did you mean window?'],
    ['win: 5', 'did you mean window?'],
    ['xyz: 5', 'known here: name, window, debug, broker, meters'],
  ])('an unknown key `%s` names the one that was meant, or all', (line, hint) => {
    expect(problemsOf(good + line).join()).toContain(`unknown key (${hint})`);
  });

  test.each([
    [
      'window: "900"',
      'window: must be integer, is string (write the number without quotes and unit)',
    ],
    ['debug: yes', 'debug: must be boolean, is string (write true or false, without quotes)'],
    ['meters: {}', 'meters: must be array, is a map'],
    ['meters:', 'meters: must be array, is empty'],
  ])('a wrong type in `%s` says what to write', (line, problem) => {
    expect(problemsOf(good + line)).toEqual([expect.stringMatching(/^gateway.yaml:3:\d+: /)]);
    expect(problemsOf(good + line)[0]).toContain(problem);
  });

  test('a name that reads as a number is told to be put in quotes', () => {
    const [problem] = problemsOf('name: 17\nbroker: {url: "mqtt://b"}');
    expect(problem).toBe('gateway.yaml:1:7: name: must be string, is number (put it in quotes)');
  });

  test('a key given twice is one, beside the others', () => {
    expect(problemsOf(`${good}window: 10\nwindow: 1`)).toEqual([
      'gateway.yaml:4:1: this key is given twice',
      'gateway.yaml:4:9: window: must be >= 5',
    ]);
  });

  test('what is not YAML is told by line and column', () => {
    expect(problemsOf('name: a\nbroker: [1, 2\nmeters: 7')).toEqual([
      expect.stringMatching(/^gateway\.yaml:3:1: /),
    ]);
    expect(problemsOf('name: a\n\tb: 1')).toEqual([expect.stringMatching(/^gateway\.yaml:2:1: /)]);
  });

  test('a second document in the file is one', () => {
    expect(problemsOf(`${good}---\n${good}`)).toHaveLength(1);
  });

  test('an empty file lacks what is required', () => {
    expect(problemsOf('')).toEqual([
      'gateway.yaml:1:1: name: is missing',
      'gateway.yaml:1:1: broker: is missing',
    ]);
  });

  test('of relations are found by the check, at the value', () => {
    const check = ({ window }: Config) =>
      86_400 % window === 0 ? [] : [{ path: ['window'], message: 'must divide a day' }];
    expect(parse(good, { check }).window).toBe(900);
    expect(problemsOf(`${good}window: 7`, { check })).toEqual([
      'gateway.yaml:3:9: window: must divide a day',
    ]);
  });

  test('never show a value', () => {
    const secret = 'hunter2';
    const texts = [
      `name: a\nbroker: {url: ${secret}, password: [${secret}]}`,
      `name: a\nbroker:\n  password: "${secret}`,
      `name: a\nbroker: {url: "mqtt://b"}\nmeters: [{kind: ${secret}}]`,
      `name: a\nbroker:\n  password: '${secret}' ${secret}\n`,
      `name: a\nbroker:\n  password: @${secret}\n`,
      `name: a\nbroker:\n  password: *\n`,
    ];
    for (const text of texts) expect(problemsOf(text).join()).not.toContain(secret);
  });

  test('aliases that multiply without end are refused', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `x${i}: &x${i} [*x${i - 1}, *x${i - 1}]`);
    expect(problemsOf(['x-1: &x-1 [a]', ...levels].join('\n'))[0]).toContain('gateway.yaml');
  });
});

describe('files', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tieline-config-'));
  const path = join(directory, 'gateway.yaml');
  afterAll(() => rmSync(directory, { recursive: true }));

  test('are read', () => {
    writeFileSync(path, good);
    expect(loadConfig<Config>({ path, schema }).name).toBe('a');
  });

  test('that are missing, too large or not UTF-8 are named', () => {
    const refused = expect.objectContaining({
      code: 'config',
      message: expect.stringContaining(path),
    });
    rmSync(path);
    expect(() => loadConfig({ path, schema })).toThrow(refused);
    writeFileSync(path, '#'.repeat(limits.configBytesMax + 1));
    expect(() => loadConfig({ path, schema })).toThrow(refused);
    writeFileSync(path, Uint8Array.of(0x61, 0xff));
    expect(() => loadConfig({ path, schema })).toThrow(refused);
  });
});
