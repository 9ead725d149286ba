// SPDX-License-Identifier: Apache-2.0
// A plan of the lines, for people.

import { table } from '../../drivers/commands/table.ts';
import type { LinePlan } from './line-plan.ts';
import type { Remedy } from './remedies.ts';

/** Without a line end. */
export function planText(plans: readonly LinePlan[]): string {
  if (plans.length === 0) return 'no lines are configured';
  return plans.map(lineText).join('\n\n');
}

function lineText(plan: LinePlan): string {
  const { line, place, share, fits } = plan;
  const verdict = fits ? 'fits' : 'does not fit';
  const rows = plan.groups.map((group) => [
    `  ${group.meter}`,
    group.requestCount === 1 ? '1 request' : `${group.requestCount} requests`,
    `${Math.round(group.readingMs)} ms`,
    `every ${seconds(group.periodMs)}`,
    percent(group.share),
  ]);
  return [
    `${line}  ${place}: ${percent(share)} of its time, ${verdict}`,
    table(rows, { right: [2, 4] }),
    ...plan.assumptions.map((assumption) => `  assumed: ${assumption}`),
    ...plan.unknown.map(
      (meter) =>
        `  not reckoned: ${meter} says what it is only when asked: plan again once the gateway ran`,
    ),
    ...plan.blocked.map(
      ({ meter, by, periodMsMin }) =>
        `  ${meter} is late while ${by} is read: give it ${seconds(periodMsMin)} or more, ` +
        'or a line of its own',
    ),
    ...(plan.remedies.length === 0 ? [] : ['  any one of these makes it fit:']),
    ...plan.remedies.map((remedy) => `  - ${remedyText(remedy)}  → ${percent(remedy.share)}`),
  ].join('\n');
}

function remedyText(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'period-of-all':
      return `every period ${remedy.factor} times as long`;
    case 'period-of-one':
      return `periodMs: ${remedy.periodMs} for ${remedy.meter}`;
    case 'group': {
      const group = `{registers: [${remedy.registers}], periodMs: ${remedy.periodMs}}`;
      return `for all, periods: [${group}]`;
    }
    case 'baud-rate':
      return `baudRate: ${remedy.baudRate}, set in every meter, too`;
    case 'second-line':
      return `a second line for ${remedy.meters.join(', ')}`;
  }
}

function percent(share: number): string {
  return share < 0.1 ? `${(100 * share).toFixed(1)} %` : `${Math.round(100 * share)} %`;
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
}
