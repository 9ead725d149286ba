// SPDX-License-Identifier: Apache-2.0
// Lines, the pollers of their meters, and the window that signs what these read.

import { assert } from '../base/assert.ts';
import type { Suite } from '../base/suite.ts';
import { findDevice } from '../drivers/find-device.ts';
import { openLine, type SharedLine } from '../drivers/transport.ts';
import { signEntry } from '../sidechain/chain/entry.ts';
import type { Registry } from '../sidechain/chain/registry.ts';
import { BatchWindow, type BatchWindowParts, type EntrySink } from './batch-window.ts';
import { type GatewayConfig, transportOf } from './config.ts';
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

export async function startMeterSide(
  suite: Suite,
  config: Pick<GatewayConfig, 'lines' | 'meters'>,
  parts: MeterSideParts,
): Promise<MeterSide> {
  const batches = new BatchWindow(suite, { ...parts, sink: parts.node }, window);
  const lines = new Map<string, SharedLine>(
    config.lines.map((line) => [
      line.name,
      openLine(transportOf(line), { timeoutMs: line.timeoutMs }),
    ]),
  );
  const pollers: Poller[] = [];
  for (const meter of config.meters) {
    const line = lines.get(meter.line);
    assert(line !== undefined, 'the configuration names lines that it has');
    const found = await findDevice(meter.meter, { line, unit: meter.unit });
    if (!found.ok) continue;
    const configured = configuredMeter(suite, meter, found.device);
    publishSchema(parts, configured);
    const { clock, log } = parts;
    pollers.push(new Poller({ ...configured, clock, log, onPack: batches.add.bind(batches) }));
  }
  const timer = setInterval(() => batches.seal(), window.windowMs);
  return {
    pollers,
    close: async () => {
      clearInterval(timer);
      const ended = pollers.map((poller) => poller.close());
      // A meter that does not answer is not waited for: its line ends what it was asked.
      await Promise.all([...lines.values()].map((line) => line.close()));
      await Promise.all(ended);
      batches.seal();
    },
  };
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
