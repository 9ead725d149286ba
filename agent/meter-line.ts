// SPDX-License-Identifier: Apache-2.0
// One line of the configuration while it is in use: its bus, and the meters on it, each of which may
// come and go without a pause for the others.

import type { Suite } from '../base/suite.ts';
import { Bus } from '../drivers/bus/bus.ts';
import type { LineMemory } from '../drivers/bus/line-memory.ts';
import { wireUseOf } from '../drivers/bus/wire-use.ts';
import { findDevice } from '../drivers/find-device.ts';
import { findSelfDescribed } from '../drivers/index.ts';
import { peerOf } from '../drivers/line.ts';
import { openLine, type SharedLine } from '../drivers/transport.ts';
import { type DeviceSearch, searchDevice } from './device-search.ts';
import { groupsOf, type LineConfig, type MeterConfig, transportOf } from './meter-config.ts';
import { Poller, type PollerOptions } from './poller.ts';
import { type ConfiguredMeter, configuredMeter } from './schemas.ts';

export type MeterLineParts = Pick<PollerOptions, 'clock' | 'log' | 'onPack'> & {
  readonly suite: Suite;
  /** Before the first pack of a meter, or group of its registers. */
  readonly onMeter: (meter: ConfiguredMeter) => void;
};

type Running = { readonly searches: readonly DeviceSearch[]; readonly pollers: Poller[] };

/** One that has to say first what it measures, and has not. */
export type MissingMeter = {
  readonly name: string;
  readonly fault: string;
  readonly hint: string | undefined;
};

export class MeterLine {
  readonly memory: LineMemory;
  readonly #parts: MeterLineParts;
  readonly #line: SharedLine;
  readonly #bus: Bus;
  /** By the meter's name. */
  readonly #meters = new Map<string, Running>();

  constructor(config: LineConfig, parts: MeterLineParts) {
    const { timeoutMs, deviceGapMs } = config;
    this.#parts = parts;
    this.#line = openLine(transportOf(config), { timeoutMs, deviceGapMs });
    this.#bus = new Bus(this.#line);
    this.memory = this.#line.memory;
  }

  get pollers(): readonly Poller[] {
    return [...this.#meters.values()].flatMap(({ pollers }) => pollers);
  }

  get missing(): readonly MissingMeter[] {
    return [...this.#meters].flatMap(([name, { searches }]) => {
      const fault = searches.map((search) => search.fault()).find((one) => one !== undefined);
      return fault === undefined ? [] : [{ name, fault: fault.detail, hint: fault.hint }];
    });
  }

  /** Read from now on. */
  start(meter: MeterConfig): void {
    const pollers: Poller[] = [];
    // One search a group of registers: each has a device of its own, with a schema of its own.
    const searches = groupsOf(meter).map(({ periodMs, alarm, keep }, group) =>
      searchDevice({
        name: meter.name,
        find: () => {
          const { unit, address, key } = meter;
          return findDevice(
            meter.definition ?? meter.meter,
            { line: this.#line, unit, address, key },
            keep,
          );
        },
        onFound: (device) => {
          // Of others it is known before they are asked.
          if (findSelfDescribed(meter.meter) !== undefined) {
            const peer = peerOf(meter.unit, meter.address);
            this.memory.noteWireUse(peer, group, wireUseOf(device));
          }
          // Where every register is in a group, none is left for the rest.
          if (device.values.length === 0) return;
          pollers.push(this.#poll({ ...meter, periodMs }, { device, alarm }));
        },
        log: this.#parts.log,
      }),
    );
    this.#meters.set(meter.name, { searches, pollers });
  }

  /** Nothing of it that is under way becomes a pack. */
  stop(name: string): void {
    const running = this.#meters.get(name);
    this.#meters.delete(name);
    for (const search of running?.searches ?? []) search.stop();
    for (const poller of running?.pollers ?? []) poller.close();
  }

  async close(): Promise<void> {
    for (const name of [...this.#meters.keys()]) this.stop(name);
    // A meter that does not answer is not waited for: its line ends what it was asked.
    await this.#line.close();
    await this.#bus.close();
  }

  #poll(meter: MeterConfig, { device, alarm }: Pick<PollerOptions, 'device' | 'alarm'>): Poller {
    const { suite, onMeter, ...poller } = this.#parts;
    const configured = configuredMeter(suite, meter, device);
    onMeter(configured);
    const place = { bus: this.#bus, peer: peerOf(meter.unit, meter.address) };
    return new Poller({ ...configured, alarm, ...place, ...poller });
  }
}
