// SPDX-License-Identifier: Apache-2.0
// The lines of a gateway, and the window that signs what is read on them. Another configuration
// touches only what it changes: the others miss no reading.

import { assert } from '../base/assert.ts';
import type { Suite } from '../base/suite.ts';
import type { LineMemory } from '../drivers/bus/line-memory.ts';
import { signEntry } from '../sidechain/chain/entry.ts';
import type { Registry } from '../sidechain/chain/registry.ts';
import type { Unsealed } from '../sidechain/store/outbox-anew.ts';
import { BatchWindow, type BatchWindowParts, type EntrySink } from './batch-window.ts';
import type { GatewayConfig } from './config.ts';
import { dataFiles } from './data-files.ts';
import { openLearnedFile } from './learned-file.ts';
import { type MeterChanges, meterChanges } from './meter-changes.ts';
import type { MeterConfig, MeterSections } from './meter-config.ts';
import { readMeterKey } from './meter-key.ts';
import { MeterLine, type MeterLineParts, type MissingMeter } from './meter-line.ts';
import type { Poller } from './poller.ts';
import type { ConfiguredMeter } from './schemas.ts';

/** Silence shows once a minute. */
const silenceMs = 60_000;

export type MeterSide = {
  readonly pollers: readonly Poller[];
  /** Configured, and not found so far. */
  readonly missing: readonly MissingMeter[];
  /**
   * Goes on with these lines and meters. One call after the other.
   * @throws TielineError where a key file is missing or no key; nothing is changed then.
   */
  readonly reload: (sections: MeterSections) => Promise<MeterChanges>;
  /** What is read from now on waits to be signed, by this key after `release`, or by the next. */
  readonly hold: () => void;
  readonly release: () => void;
  /** What has waited, once nothing is read any more. */
  readonly takeHeld: () => readonly Unsealed[];
  readonly close: () => Promise<void>;
};

export type MeterSideParts = Omit<BatchWindowParts, 'sink'> & {
  readonly node: EntrySink & { readonly registry: Pick<Registry, 'schema'> };
};

export async function startMeterSide(
  suite: Suite,
  config: Pick<GatewayConfig, 'data' | 'batch'> & MeterSections,
  parts: MeterSideParts,
): Promise<MeterSide> {
  const { thinnedMs } = config.batch;
  const times = { silenceMs, thinnedMs };
  const batches = new BatchWindow(suite, { ...parts, sink: parts.node }, times);
  const { clock, log } = parts;
  const onPack = batches.add.bind(batches);
  const onMeter = (meter: ConfiguredMeter) => publishSchema(parts, meter);
  const lines = new Map<string, MeterLine>();
  const memories = new Map<string, LineMemory>();
  const learned = await openLearnedFile(dataFiles(config.data).learned, memories, log);
  let sections: MeterSections = { lines: [], meters: [] };

  const reload = async (given: MeterSections): Promise<MeterChanges> => {
    const after = await withKeys(given);
    const changes = meterChanges(sections, after);
    sections = after;
    await apply({ lines, memories, learned }, changes, {
      suite,
      clock,
      log,
      onPack,
      onMeter,
    });
    return changes;
  };

  await reload(config);
  const timer = setInterval(() => batches.seal(), config.batch.windowMs);
  return {
    get pollers() {
      return [...lines.values()].flatMap(({ pollers }) => pollers);
    },
    get missing() {
      return [...lines.values()].flatMap(({ missing }) => missing);
    },
    reload,
    hold: () => batches.hold(),
    release: () => batches.release(),
    takeHeld: () => batches.takeHeld(),
    close: async () => {
      clearInterval(timer);
      await Promise.all([...lines.values()].map((line) => line.close()));
      await learned.close();
      batches.end();
    },
  };
}

type Standing = {
  readonly lines: Map<string, MeterLine>;
  /** Of the lines there are. */
  readonly memories: Map<string, LineMemory>;
  readonly learned: { readonly recall: (name: string) => void };
};

/** A port has one owner: who lets it go comes before who takes it. */
async function apply(
  { lines, memories, learned }: Standing,
  changes: MeterChanges,
  parts: MeterLineParts,
): Promise<void> {
  const { closedLines, openedLines, stoppedMeters, startedMeters } = changes;
  for (const { line, name } of stoppedMeters) lines.get(line)?.stop(name);
  const closed = closedLines.map((name) => lines.get(name));
  for (const name of closedLines) {
    lines.delete(name);
    memories.delete(name);
  }
  await Promise.all(closed.map((line) => line?.close()));
  for (const config of openedLines) {
    const line = new MeterLine(config, parts);
    lines.set(config.name, line);
    memories.set(config.name, line.memory);
    learned.recall(config.name);
  }
  for (const meter of startedMeters) {
    const line = lines.get(meter.line);
    assert(line !== undefined, 'the configuration names lines that it has');
    line.start(meter);
  }
}

/** So that another key in the same file is a change. @throws TielineError where a file is missing or no key */
async function withKeys({ lines, meters }: MeterSections): Promise<MeterSections> {
  const keyed: MeterConfig[] = [];
  for (const meter of meters) {
    const key = await readMeterKey(meter.keyFile);
    keyed.push(key === undefined ? meter : { ...meter, key });
  }
  return { lines, meters: keyed };
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
