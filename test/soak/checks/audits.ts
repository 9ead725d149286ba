// SPDX-License-Identifier: Apache-2.0
// `tieline chain verify` on every copy.

import { tieline } from '../../system/harness/network.ts';
import type { Evidence } from './evidence.ts';

export async function audits({ gateways }: Evidence): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { name, data } of gateways) {
    const { code, out, errors } = await tieline('chain', 'verify', '--data', data);
    if (code !== 0) problems.push(`chain verify of ${name}: ${out}${errors}`);
  }
  return problems;
}
