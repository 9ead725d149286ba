// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { withFound } from '../../../agent/scan-config.ts';
import type { FoundMeter } from '../../../drivers/scan/scan.ts';

const tty = {
  kind: 'modbus-rtu',
  path: '/dev/ttyUSB0',
  baudRate: 19_200,
  parity: 'even',
  dataBits: 8,
  stopBits: 1,
} as const;

function found(unit: number, meter: string | undefined = 'eastron-sdm630'): FoundMeter {
  const sure = { confidence: 'likely', reasons: [], alternatives: [] } as const;
  return { ...sure, transport: tty, unit, meter };
}

const written = `# By hand.
name: cellar
lines: []   # none yet
meters: []
mqtt: { url: "mqtt://127.0.0.1" }
`;

describe('what a scan has found, in a configuration', () => {
  it('makes one line for all that was found on it', () => {
    const { text, names } = withFound(written, [found(1), found(5)]);
    expect(parse(text)).toMatchObject({
      lines: [{ name: 'line', serial: '/dev/ttyUSB0', baudRate: 19_200, parity: 'even' }],
      meters: [
        { name: 'eastron-sdm630-1', meter: 'eastron-sdm630', line: 'line', unit: 1 },
        { name: 'eastron-sdm630-5', unit: 5 },
      ],
    });
    expect(names).toEqual(['eastron-sdm630-1', 'eastron-sdm630-5']);
    expect(text).toContain('# By hand.');
    expect(text).toContain('likely: found by a scan');
  });

  it('adds to what is there, once', () => {
    const once = withFound(written, [found(1)]).text;
    const twice = withFound(once, [found(1), found(2)]);
    expect(twice.names).toEqual(['eastron-sdm630-2']);
    expect(parse(twice.text).lines).toHaveLength(1);
    expect(withFound(twice.text, [found(2)])).toEqual({ text: twice.text, names: [] });
  });

  it('leaves out what nobody could name', () => {
    const unknown = { ...found(1), meter: undefined };
    expect(withFound(written, [unknown]).names).toEqual([]);
  });

  it('refuses a file that is no YAML', () => {
    expect(() => withFound('lines: [', [found(1)])).toThrow('the file is no YAML');
  });
});
