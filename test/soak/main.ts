// SPDX-License-Identifier: Apache-2.0
// `npm run -s soak`: five real gateways under faults for as long as one likes, and whether they have
// kept what they have acknowledged.

import { fileURLToPath } from 'node:url';
import { runLong, struckText } from './long-run.ts';
import { type SoakReport, soak } from './soak.ts';

const help = `usage: npm run -s soak -- [--minutes N] [--seed S] [--json]

  --minutes N   how long faults strike (30); a fraction is a number, too
  --seed S      which faults strike when; else a new one
  --json        one JSON object on standard output; the rest goes to standard error
  --help        show this

Needs Linux, what deploy/dev-setup installs, and root or the right to make namespaces. Ends with 0
if all is well, with 1 if a promise was broken (then the data directories are kept), with 2 if it
was not called like this.`;

function textOf({ faults, ...rest }: Omit<SoakReport, 'problems'>): string {
  const sums = `${rest.batches} batches, ${rest.lost} lost, ${rest.doubled} doubled, `;
  return struckText(faults, `${sums}${rest.diverged} gateways with other blocks`);
}

await runLong({
  ...{ name: 'soak', file: fileURLToPath(import.meta.url), help, textOf },
  minutes: { isSound: (minutes) => minutes > 0, text: '--minutes is a number above 0' },
  scenes: { '': soak },
});
