// SPDX-License-Identifier: Apache-2.0
// No gateway has ended but by a fault that ends gateways, or for want of room on the disk.

import type { Evidence } from './evidence.ts';

export function unbiddenEnds(evidence: Evidence): readonly string[] {
  return evidence.unbiddenEnds.map(
    ({ name, code, signal, lastWords }) => `${name} ended with ${code ?? signal}: ${lastWords}`,
  );
}
