// SPDX-License-Identifier: Apache-2.0
// Commands of the system that arrange networks and mounts: they succeed, or the soak cannot go on.

import { runToEnd } from '../../system/harness/restartable.ts';

export async function order(file: string, ...words: readonly string[]): Promise<void> {
  const { code, errors } = await runToEnd(file, words).catch((error: Error) => {
    throw new Error(`${file}: ${error.message}; run deploy/dev-setup`);
  });
  if (code !== 0) throw new Error(`${file} ${words.join(' ')}: ${errors.trim()}`);
}
