// SPDX-License-Identifier: Apache-2.0
// What runs beside each node on its gateway: it signs batches and waits for them to be in a block,
// and asks for checkpoints that enough members have signed.

import { messageOf, TielineError } from '../../../base/errors.ts';
import { toKeyId, toSequence } from '../../../base/ids.ts';
import { parseNote } from '../../../base/note.ts';
import { encodeBatch, packRoot } from '../../../sidechain/chain/batch.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { signEntry } from '../../../sidechain/chain/entry.ts';
import { Violation } from '../violation.ts';
import type { Random } from '../world/random.ts';
import { entryIdOf } from './card-news.ts';
import { startMs } from './founding.ts';
import type { Machine } from './machine.ts';
import type { GatewayWorld } from './world.ts';

export class GatewayClients {
  isBusy = true;
  readonly #world: GatewayWorld;
  readonly #random: Random;

  constructor(world: GatewayWorld) {
    this.#world = world;
    this.#random = world.random.stream('clients');
    const { entriesPerMinute, checkpointsPerMinute } = world.weather;
    this.#repeat(entriesPerMinute, (machine) => this.submit(machine));
    this.#repeat(checkpointsPerMinute, (machine) => this.checkpoint(machine));
  }

  /** One batch more. It is told when it is in a block. */
  submit(machine: Machine): void {
    const { node } = machine;
    if (node === undefined || machine.isPaused) return;
    const given = this.#batch(machine, node.nextSequence());
    const entry = entryIdOf(given.entry);
    const { id: member } = machine;
    node.submit(given).then(
      ({ kind: verdict, height }) => {
        this.#world.tell({ kind: 'acknowledged', member, entry, verdict, height });
      },
      (error) => this.#expectOperating(error),
    );
  }

  /** @returns whether it was signed by enough. */
  async checkpoint({ node }: Machine): Promise<boolean> {
    if (node === undefined) return false;
    try {
      const { note, size } = await node.checkpoint();
      const parsed = parseNote(note, { strict: true });
      // The log's own line comes before the co-signatures.
      const count = parsed.ok ? parsed.value.lines.length - 1 : 0;
      if (count * 2 <= this.#world.weather.voters) {
        throw new Violation('policy', `${count} have signed a checkpoint of ${size} blocks`);
      }
      return true;
    } catch (error) {
      this.#expectOperating(error);
      return false;
    }
  }

  #repeat(perMinute: number, act: (machine: Machine) => unknown): void {
    if (perMinute === 0) return;
    this.#world.timeline.after(this.#random.untilNextMs(perMinute), () => {
      const running = this.#world.running();
      if (this.isBusy && running.length > 0) act(this.#random.any(running));
      this.#repeat(perMinute, act);
    });
  }

  /** A batch without packs: all that matters here is its number. */
  #batch({ signer }: Machine, sequence: number): BlockEntry {
    const { suite, chainId } = this.#world.founding;
    const secret = new Uint8Array(32).fill(this.#random.between(0, 255));
    const payload = encodeBatch({
      gateway: toKeyId(signer.keyId),
      sequence: toSequence(sequence),
      packCount: 0,
      packRoot: packRoot(suite, secret, []),
      timeMs: startMs + this.#world.timeline.nowMs,
      clock: { state: 'synchronised', errorMs: 10 },
    });
    const entry = signEntry({ kind: 'reading-batch', payload, chainId }, signer);
    return { entry, packs: { secret, packs: [] } };
  }

  /** A node may say no, or end; nothing else may go wrong. */
  #expectOperating(error: unknown): void {
    if (error instanceof TielineError) return;
    this.#world.fail(error instanceof Error ? error : new Violation('error', messageOf(error)));
  }
}
