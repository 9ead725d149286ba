// SPDX-License-Identifier: Apache-2.0
// `npm run -s faults`: a centre under faults for as long as one likes, and whether it has kept what
// it promised, once.

import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type LongRunOptions, runLong, struckText } from '../soak/long-run.ts';
import { consortiumUnderFaults } from './consortium.ts';
import { dispatchUnderFaults, type FaultsReport } from './dispatch.ts';

const help = `usage: npm run -s faults -- dispatch|consortium [--minutes N] [--seed S] [--json]

  dispatch      one node with PostgreSQL, a broker, chains that report, and thieves
  consortium    four nodes with their engines, killed in turn, and one that lies

  --minutes N   how long faults strike (30); each kind strikes once at least
  --seed S      which faults strike when; else a new one
  --json        one JSON object on standard output; the rest goes to standard error
  --help        show this

Needs Linux, what deploy/dev-setup installs, and root or the right to make namespaces. Ends with 0
if all is well, with 1 if a promise was broken (then the data directories are kept), with 2 if it
was not called like this.`;

type Scene = (options: LongRunOptions) => Promise<FaultsReport>;

/** Its files go where all is well. */
function tidied(scene: Scene): Scene {
  return async (options) => {
    const report = await scene(options);
    if (report.problems.length === 0) {
      await rm(options.dir, { recursive: true, force: true }).catch(() => {});
    }
    return report;
  };
}

function textOf({ faults, receipts, summaries, lost, doubled }: Omit<FaultsReport, 'problems'>) {
  const sums = `${receipts} receipts, ${summaries} summaries, ${lost} lost, ${doubled} doubled`;
  return struckText(faults, sums);
}

await runLong({
  ...{ name: 'faults', file: fileURLToPath(import.meta.url), help, textOf },
  minutes: { isSound: (minutes) => minutes >= 0, text: '--minutes is a number' },
  scenes: { dispatch: tidied(dispatchUnderFaults), consortium: tidied(consortiumUnderFaults) },
});
