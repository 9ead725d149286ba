// SPDX-License-Identifier: Apache-2.0
// A fault: how it begins, and how it ends. Which gateways it strikes is drawn from the seed; who leads
// is asked.

import type { Random } from '../../system/harness/random.ts';
import type { Site } from '../town/site.ts';
import type { Town } from '../town/town.ts';

export type Begun = {
  /** For people. */
  readonly what: string;
  /** May say what came of it. */
  readonly end: () => Promise<string | undefined>;
};

export type Fault = {
  readonly kind: string;
  readonly begin: (town: Town, random: Random) => Promise<Begun>;
};

/** The one that leads, as itself says; undefined while none does. */
export async function leaderIn({ sites }: Town): Promise<Site | undefined> {
  const roles = await Promise.all(
    sites.map((site) =>
      site
        .status()
        .then(({ ledger }) => ledger.role)
        .catch(() => undefined),
    ),
  );
  return sites.find((_, i) => roles[i] === 'leader');
}

/** Half the time the leader, else any. */
export async function someSite(town: Town, random: Random): Promise<Site> {
  const any = shuffled(town.sites, random)[0];
  const leader = random.between(0, 1) === 0 ? await leaderIn(town) : undefined;
  const chosen = leader ?? any;
  if (chosen === undefined) throw new Error('a town has gateways');
  return chosen;
}

/** Fisher and Yates. */
export function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const other = random.between(0, i);
    const [a, b] = [result[i], result[other]];
    if (a === undefined || b === undefined) continue;
    [result[i], result[other]] = [b, a];
  }
  return result;
}

export function namesOf(sites: readonly Site[]): string {
  return sites.map(({ name }) => name).join(', ');
}
