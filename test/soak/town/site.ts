// SPDX-License-Identifier: Apache-2.0
// A gateway under faults: its process, its clock, its disk, its place in the network, and who is to
// blame when it ends. Nobody but a fault may end it; what ends by itself is written down, and started
// again as systemd would.

import { renameSync, writeFileSync } from 'node:fs';
import type { GatewayStatus } from '../../../agent/status.ts';
import type { Founded } from '../../system/harness/founding.ts';
import type { Ended, Restartable } from '../../system/harness/restartable.ts';
import type { SlowDisk } from '../../system/harness/slow-disk/slow-disk.ts';
import { askStatus } from './ask-status.ts';
import type { Port } from './wire.ts';

export type SitePlace = {
  readonly port: Port;
  readonly apiSocket: string;
  readonly clockFile: string;
  readonly disk: SlowDisk;
  /** Whether its data directory is a small file system of its own. */
  readonly isSmall: boolean;
};

export type UnbiddenEnd = Ended & { readonly name: string; readonly lastWords: string };

/** One life of the process: from its start to its end. */
export type Watcher = {
  readonly started: (site: Site) => Promise<void>;
  /** It is gone; its disk is as it left it. */
  readonly ended: (site: Site, how: 'killed' | 'stopped') => Promise<void>;
  readonly endedUnbidden: (end: UnbiddenEnd) => void;
};

export class Site {
  readonly founded: Founded;
  readonly place: SitePlace;
  readonly program: Restartable;
  readonly #watcher: Watcher;
  /** What it may say when it ends by itself just now. */
  #mayEndWith: RegExp | undefined;
  /** Started, and not ended as far as was seen. */
  #isUp = false;

  constructor(
    founded: Founded,
    parts: {
      readonly place: SitePlace;
      readonly program: Restartable;
      readonly watcher: Watcher;
    },
  ) {
    this.founded = founded;
    this.place = parts.place;
    this.program = parts.program;
    this.#watcher = parts.watcher;
    this.setClock(0);
  }

  get name(): string {
    return this.founded.name;
  }

  status(): Promise<GatewayStatus> {
    return askStatus(this.place.apiSocket);
  }

  async start(): Promise<void> {
    await this.program.start();
    this.#isUp = true;
    await this.#watcher.started(this);
  }

  async kill(): Promise<void> {
    this.#isUp = false;
    await this.program.kill();
    await this.#watcher.ended(this, 'killed');
  }

  async stop(): Promise<Ended & { readonly said: string }> {
    this.#isUp = false;
    const ended = await this.program.stop();
    await this.#watcher.ended(this, 'stopped');
    return ended;
  }

  /** Until `mustNotEnd`, it may end, if it says this. */
  mayEnd(lastWords: RegExp): void {
    this.#mayEndWith = lastWords;
  }

  mustNotEnd(): void {
    this.#mayEndWith = undefined;
  }

  /** Whether it is up; `ended` is said once of each end that nobody has wished. */
  async look(): Promise<'up' | 'down' | 'ended'> {
    if (!this.#isUp || this.program.isRunning) return this.#isUp ? 'up' : 'down';
    this.#isUp = false;
    const { said, ...ended } = await this.program.end();
    await this.#watcher.ended(this, 'killed');
    if (this.#mayEndWith?.test(said) === true) return 'down';
    this.#watcher.endedUnbidden({ ...ended, name: this.name, lastWords: said.slice(-2_000) });
    return 'ended';
  }

  /** So far from the machine's clock, from the next second on. */
  setClock(offsetSeconds: number): void {
    const { clockFile } = this.place;
    const sign = offsetSeconds < 0 ? '' : '+';
    writeFileSync(`${clockFile}.new`, `${sign}${offsetSeconds}s\n`);
    renameSync(`${clockFile}.new`, clockFile);
  }
}
