// SPDX-License-Identifier: Apache-2.0
// Who a SunSpec device says it is: its common model, model 1. Some makers leave out that model's last
// register, and some its options.

import type { Ask, FoundModel } from './discovery.ts';
import { layoutOf } from './layout.ts';
import { findModel } from './models.ts';
import { pointValue } from './point-value.ts';
import { readWords } from './read-words.ts';

/** `<vendor>-<model>-<serial>`, letters, digits and dots; undefined where the device does not say. */
export async function identityOf(
  ask: Ask,
  models: readonly FoundModel[],
): Promise<string | undefined> {
  const common = models.find(({ id }) => id === 1);
  const model = findModel(1);
  if (common === undefined || model === undefined) return undefined;
  const { address, length } = common;
  const answer = await readWords(ask, { address, count: 2 + length });
  if (!answer.ok) return undefined;
  const layout = layoutOf(model, { length, countOf: () => 0 });
  const parts = ['Mn', 'Md', 'SN'].map((name) => {
    const point = layout.find(({ path }) => path === name);
    if (point === undefined) return '';
    const at = address + point.offset;
    const words = Array.from({ length: point.count }, (_, i) => answer.words.get(at + i) ?? 0);
    const value = pointValue('string', words);
    return value.kind === 'text' ? value.text.replace(/[^A-Za-z0-9.]/g, '') : '';
  });
  return parts.every((part) => part !== '') ? parts.join('-') : undefined;
}
