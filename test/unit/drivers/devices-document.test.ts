// SPDX-License-Identifier: Apache-2.0
// docs/devices.md says of every map of the catalogue how its facts are known, and says it rightly.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { meterDefinitions, selfDescribedMeters } from '../../../drivers/index.ts';

const text = readFileSync(new URL('../../../docs/devices.md', import.meta.url), 'utf8');
const rows = [...text.matchAll(/^\| `([^`]+)` +\| (.+?) +\| +(\d+) \| +(\d+) \|$/gm)];

test('every map has a row, with what is known twice and once', () => {
  const stated = rows.map(([, id, meter, twice, once]) => [id, meter, Number(twice), Number(once)]);
  const known = meterDefinitions.map(({ id, vendor, model, registers }) => {
    const levels = registers.map(({ provenance }) => provenance.level);
    const twice = levels.filter((level) => level === 'two-or-more-sources').length;
    return [id, `${vendor} ${model}`, twice, levels.length - twice];
  });
  expect(stated).toEqual(known);
});

test('and so have devices that are asked what they are', () => {
  for (const { id } of selfDescribedMeters) expect(text).toContain(`\`${id}\``);
});
