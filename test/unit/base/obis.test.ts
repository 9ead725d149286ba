// SPDX-License-Identifier: Apache-2.0
// OBIS codes of IEC 62056-61 as meters print them and as signed data holds them.

import { describe, expect, test } from 'vitest';
import { formatObis, isCounter, isObis, type Obis, parseObis } from '../../../base/obis.ts';

describe('OBIS codes (IEC 62056-61)', () => {
  test.each([
    ['1-0:1.8.0*255', '1-0:1.8.0*255'],
    ['1-0:1.8.0', '1-0:1.8.0*255'],
    ['0-1:24.2.1', '0-1:24.2.1*255'],
    ['1-0:1.8.0*198', '1-0:1.8.0*198'],
    ['01-00:001.008.000', '1-0:1.8.0*255'],
    ['15-255:255.255.255*0', '15-255:255.255.255*0'],
  ])('%s is %s', (text, canonical) => {
    expect(formatObis(parseObis(text) as Obis)).toBe(canonical);
    expect(isObis(text)).toBe(text === canonical);
  });

  test.each([
    '',
    '1.8.0',
    '1-0:1.8',
    '1-0:1.8.0*',
    '1-0:1.8.0*256',
    '16-0:1.8.0',
    '1-0:1.8.0.0',
    ' 1-0:1.8.0',
    '1-0:1.8.0*255 ',
    '1-0:C.1.0',
  ])('refuses %j', (text) => {
    expect(parseObis(text)).toBeUndefined();
    expect(isObis(text)).toBe(false);
  });

  test('energy since it was made is a counter, power and maximum demand are not', () => {
    const counter = (text: string) => isCounter(parseObis(text) as Obis);
    expect(counter('1-0:1.8.0*255')).toBe(true);
    expect(counter('1-0:16.7.0*255')).toBe(false);
    expect(counter('1-0:1.6.0*255')).toBe(false);
  });
});
