// SPDX-License-Identifier: Apache-2.0
// The members of a chain, each a process (member.ts) that can be ordered about, killed, and started
// again.

import type { Child, Children } from '../../demo/children.ts';
import type { Load, MemberOptions, Order, Report, Sizes } from './orders.ts';
import type { Made } from './site.ts';

type Reply<Kind extends Report['kind']> = Extract<Report, { readonly kind: Kind }>;

export class Member {
  readonly #children: Children;
  readonly #name: string;
  readonly #options: MemberOptions;
  #child: Child | undefined;
  #sizes: Sizes = { entryBytes: 0, packBytes: 0 };

  constructor(children: Children, made: Made, ageMs: number) {
    this.#children = children;
    this.#name = made.name;
    this.#options = { config: made.config, ageMs };
  }

  get sizes(): Sizes {
    return this.#sizes;
  }

  async start(): Promise<void> {
    const file = new URL('member.ts', import.meta.url).pathname;
    const words = [file, JSON.stringify(this.#options)];
    const command = { file: process.execPath, words, talks: true };
    this.#child = await this.#children.program(this.#name, command, (line) =>
      line.startsWith('ready '),
    );
    this.#sizes = JSON.parse(this.#child.ready.slice('ready '.length));
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    if (this.#child !== undefined) await this.#children.kill(this.#child);
    this.#child = undefined;
  }

  load(load: Load): Promise<Reply<'load'>> {
    return this.#order({ kind: 'load', load });
  }

  probe(): Promise<Reply<'probe'>> {
    return this.#order({ kind: 'probe' });
  }

  status(): Promise<Reply<'status'>> {
    return this.#order({ kind: 'status' });
  }

  /** Of one kind at a time. */
  #order<Kind extends Report['kind']>(order: Order & { kind: Kind }): Promise<Reply<Kind>> {
    const child = this.#child?.process;
    if (child === undefined) throw new Error(`${this.#name} does not run`);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        child.off('message', onReport);
        child.off('exit', onExit);
      };
      const onReport = (report: Report): void => {
        if (report.kind !== order.kind) return;
        end();
        resolve(report as Reply<Kind>);
      };
      const onExit = (): void => {
        end();
        reject(new Error(`${this.#name} ended`));
      };
      child.on('message', onReport).once('exit', onExit);
      child.send(order);
    });
  }
}

/** Started, connected, and led by one of them. */
export async function startMembers(
  children: Children,
  gateways: readonly Made[],
  ageMs: number,
): Promise<readonly Member[]> {
  const members = gateways.map((made) => new Member(children, made, ageMs));
  await Promise.all(members.map((member) => member.start()));
  await wholeCompany(members);
  return members;
}

const companyTimeoutMs = 60_000;

/** Waits until all reach one another, with the same blocks. @returns who leads. */
export async function wholeCompany(members: readonly Member[]): Promise<Member> {
  const untilMs = Date.now() + companyTimeoutMs;
  for (;;) {
    const all = await Promise.all(members.map((member) => member.status()));
    const leads = all.findIndex(({ role }) => role === 'leader');
    const leader = members[leads];
    const isEven = all.every(
      ({ term, height, isWhole }) => isWhole && term === all[0]?.term && height === all[0].height,
    );
    if (leader !== undefined && isEven) return leader;
    if (Date.now() > untilMs) throw new Error(`no company: ${JSON.stringify(all)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
