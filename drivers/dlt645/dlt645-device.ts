// SPDX-License-Identifier: Apache-2.0
// A DL/T 645-2007 meter as a device. Blocks that it refuses are read item by item from then on.

import { quality } from '../../base/quality.ts';
import type { ByteLine } from '../bus/byte-line.ts';
import type { Device, ExchangeSize, ReadValue } from '../device.ts';
import { endsReading, qualityOf } from '../fault-quality.ts';
import type { AskOptions, LineFault } from '../line.ts';
import { type DataAnswer, readData } from './ask.ts';
import { type DataBlock, type DataItem, dataLength, decodeItem, packValue } from './data-items.ts';
import { identifierLength } from './exchange.ts';
import { sentLength } from './frame.ts';

export type Dlt645Place = {
  readonly line: ByteLine;
  /** Twelve digits. */
  readonly address: string;
};

export function dlt645Device(
  definition: string,
  blocks: readonly DataBlock[],
  { line, address }: Dlt645Place,
): Device {
  const items = blocks.flatMap((block) => block.items);
  const apart = new Set<DataBlock>();
  return {
    definition,
    values: items.map(packValue),
    exchanges: exchangesOf(blocks),
    request: `dlt645-2007 ${address} ${blocks.map(({ identifier }) => identifier).join(' ')}`,
    read: async (options = {}) => {
      const reading = new ItemReadings(line, address, options);
      for (const block of blocks) {
        if (!apart.has(block) && (await reading.take(block, block.items.length > 1))) continue;
        let known = false;
        for (const item of block.items) {
          known = (await reading.take({ identifier: item.identifier, items: [item] })) || known;
        }
        if (known && block.items.length > 1) apart.add(block);
      }
      const { values, faults } = reading;
      return { values: items.map((item) => values.get(item) ?? notRead), faults };
    },
  };
}

export function exchangesOf(blocks: readonly DataBlock[]): readonly ExchangeSize[] {
  return blocks.map((block) => ({
    sentBytes: sentLength(identifierLength),
    answerBytes: sentLength(identifierLength + dataLength(block)),
  }));
}

const notRead: ReadValue = { mantissa: null, quality: quality.notRead };

/** What one reading brings, block by block. */
class ItemReadings {
  readonly values = new Map<DataItem, ReadValue>();
  readonly faults: LineFault[] = [];
  readonly #line: ByteLine;
  readonly #address: string;
  readonly #options: AskOptions;

  constructor(line: ByteLine, address: string, options: AskOptions) {
    this.#line = line;
    this.#address = address;
    this.#options = options;
  }

  /** Whether the meter knows the block. `mayRefuse`: then it is nothing to report. */
  async take(block: DataBlock, mayRefuse = false): Promise<boolean> {
    if (this.faults.some(endsReading)) return true;
    const place = { address: this.#address, identifier: block.identifier };
    const length = dataLength(block);
    const answer = await readData(this.#line, { ...place, length }, this.#options);
    const refused = !answer.ok && answer.fault.kind === 'exception';
    if (refused && mayRefuse) return false;
    if (!answer.ok) this.faults.push(answer.fault);
    this.#spread(block, answer);
    return !refused;
  }

  #spread(block: DataBlock, answer: DataAnswer): void {
    let offset = 0;
    for (const item of block.items) {
      this.values.set(item, answer.ok ? valueIn(item, answer, offset) : missing(answer.fault));
      offset += item.length;
    }
    if (answer.ok && answer.data.length !== offset) {
      const detail = `${block.identifier} holds ${answer.data.length} bytes, not ${offset}`;
      this.faults.push({ kind: 'malformed', detail });
      for (const item of block.items) this.values.set(item, malformed);
    }
  }
}

const malformed: ReadValue = { mantissa: null, quality: quality.malformedAnswer };

function missing(fault: LineFault): ReadValue {
  return { mantissa: null, quality: qualityOf(fault) };
}

function valueIn(item: DataItem, answer: DataAnswer & { ok: true }, offset: number): ReadValue {
  const reading = decodeItem(item, answer.data.subarray(offset, offset + item.length));
  if (reading.kind === 'malformed') return malformed;
  if (reading.kind === 'absent') return { mantissa: null, quality: quality.notImplemented };
  const { mantissa } = reading;
  return { mantissa, quality: answer.afterFault ? quality.afterBusError : quality.good };
}
