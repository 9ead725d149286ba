// SPDX-License-Identifier: Apache-2.0
// Lines, the pollers of their meters, and the window that signs what these read.

import { assert } from '../base/assert.ts';
import type { Suite } from '../base/suite.ts';
import { Bus } from '../drivers/bus/bus.ts';
import type { Device } from '../drivers/device.ts';
import { findDevice } from '../drivers/find-device.ts';
import { peerOf } from '../drivers/line.ts';
import { openLine, type SharedLine } from '../drivers/transport.ts';
import type { Log } from '../host/log.ts';
import { signEntry } from '../sidechain/chain/entry.ts';
import type { Registry } from '../sidechain/chain/registry.ts';
import { BatchWindow, type BatchWindowParts, type EntrySink } from './batch-window.ts';
import type { GatewayConfig } from './config.ts';
import { dataFiles } from './data-files.ts';
import { searchDevice } from './device-search.ts';
import { openLearnedFile } from './learned-file.ts';
import { groupsOf, type LineConfig, type MeterConfig, transportOf } from './meter-config.ts';
import { type MeterKey, readMeterKey } from './meter-key.ts';
import { Poller } from './poller.ts';
import { type ConfiguredMeter, configuredMeter } from './schemas.ts';

/** Packs of this long make one signed batch; silence shows once a minute. */
const window = { windowMs: 1_000, silenceMs: 60_000 };
export type MeterSide = {
  readonly pollers: readonly Poller[];
  readonly close: () => Promise<void>;
};

export type MeterSideParts = Omit<BatchWindowParts, 'sink'> & {
  readonly node: EntrySink & { readonly registry: Pick<Registry, 'schema'> };
};

type BusyLine = SharedLine & { readonly bus: Bus };

export async function startMeterSide(
  suite: Suite,
  config: Pick<GatewayConfig, 'data' | 'lines' | 'meters'>,
  parts: MeterSideParts,
): Promise<MeterSide> {
  const batches = new BatchWindow(suite, { ...parts, sink: parts.node }, window);
  const lines = openLines(config.lines);
  const memories = new Map([...lines].map(([name, { memory }]) => [name, memory]));
  const learned = await openLearnedFile(dataFiles(config.data).learned, memories, parts.log);
  const keys = await keysOf(config.meters);
  const pollers: Poller[] = [];
  const searches = config.meters.flatMap((meter) => {
    const line = lines.get(meter.line);
    assert(line !== undefined, 'the configuration names lines that it has');
    const key = keys.get(meter.name);
    return search(meter, { line, key }, parts.log, (device, periodMs) => {
      const configured = configuredMeter(suite, { ...meter, periodMs }, device);
      publishSchema(parts, configured);
      const { clock, log } = parts;
      const place = { bus: line.bus, peer: peerOf(meter.unit, meter.address) };
      const onPack = batches.add.bind(batches);
      pollers.push(new Poller({ ...configured, ...place, clock, log, onPack }));
    });
  });
  const timer = setInterval(() => batches.seal(), window.windowMs);
  return {
    pollers,
    close: async () => {
      clearInterval(timer);
      for (const stop of searches) stop();
      for (const poller of pollers) poller.close();
      // A meter that does not answer is not waited for: its line ends what it was asked.
      await Promise.all([...lines.values()].map((line) => line.close()));
      await Promise.all([...lines.values()].map(({ bus }) => bus.close()));
      await learned.close();
      batches.seal();
    },
  };
}

function openLines(configs: readonly LineConfig[]): ReadonlyMap<string, BusyLine> {
  return new Map(
    configs.map((config) => {
      const { timeoutMs, deviceGapMs } = config;
      const line = openLine(transportOf(config), { timeoutMs, deviceGapMs });
      return [config.name, { ...line, bus: new Bus(line) }];
    }),
  );
}

type MeterWay = { readonly line: SharedLine; readonly key: MeterKey | undefined };

/** By the meter's name. @throws TielineError where a key file is missing or no key */
async function keysOf(meters: readonly MeterConfig[]): Promise<ReadonlyMap<string, MeterKey>> {
  const keys = new Map<string, MeterKey>();
  for (const { name, keyFile } of meters) {
    const key = await readMeterKey(keyFile);
    if (key !== undefined) keys.set(name, key);
  }
  return keys;
}

/** One search a group of registers: each has a device of its own, with a schema of its own. */
function search(
  meter: MeterConfig,
  { line, key }: MeterWay,
  log: Log,
  onFound: (device: Device, periodMs: number) => void,
): readonly (() => void)[] {
  return groupsOf(meter).map(({ periodMs, keep }) =>
    searchDevice({
      name: meter.name,
      find: () => {
        const { unit, address } = meter;
        return findDevice(meter.meter, { line, unit, address, key }, keep);
      },
      onFound: (device) => {
        // Where every register is in a group, none is left for the rest.
        if (device.values.length > 0) onFound(device, periodMs);
      },
      log,
    }),
  );
}

/** Before the first pack that names it; only what is not on the chain yet. */
function publishSchema({ node, signer }: MeterSideParts, meter: ConfiguredMeter): void {
  if (node.registry.schema(signer.keyId, meter.schemaId) !== undefined) return;
  const { chainId } = node;
  const payload = meter.schemaPayload;
  node.submit({ entry: signEntry({ kind: 'schema', payload, chainId }, signer) }).catch(() => {
    // What keeps an entry from being taken ends the node, and the node says so.
  });
}
