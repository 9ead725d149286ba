// SPDX-License-Identifier: Apache-2.0
// Meters of DL/T 645-2007 as the catalogue has them: with one phase, and with three.

import type { Keep } from '../narrowed.ts';
import { addressFault, type ProtocolMeter, serialDefaults } from '../protocol-meter.ts';
import { discoverAddress } from './ask.ts';
import { type DataBlock, singlePhaseBlocks, threePhaseBlocks } from './data-items.ts';
import { dlt645Device, exchangesOf } from './dlt645-device.ts';
import { isAddress } from './frame.ts';

export const dlt645SinglePhase = meter('dlt645-single-phase', 'one phase', singlePhaseBlocks);
export const dlt645ThreePhase = meter('dlt645-three-phase', 'three phases', threePhaseBlocks);

function meter(id: string, phases: string, blocks: readonly DataBlock[]): ProtocolMeter {
  return {
    id,
    protocol: 'dlt645',
    vendor: 'DL/T 645-2007',
    model: `meters of ${phases}`,
    serial: serialDefaults.dlt645,
    obis: blocks.flatMap(({ items }) => items.map(({ measurand }) => measurand.obis)),
    exchanges: (keep) => exchangesOf(keptBlocks(blocks, keep)),
    find: async ({ line, address }, keep) => {
      if (address !== undefined && !isAddress(address)) return addressFault(address, '12 digits');
      const found =
        address === undefined ? await discoverAddress(line) : ({ ok: true, address } as const);
      if (!found.ok) return found;
      const place = { line, address: found.address };
      return { ok: true, device: dlt645Device(id, keptBlocks(blocks, keep), place) };
    },
    notes: [
      'Optical heads run at 1200 baud.',
      'Without an address the meter is asked for it; it has to be the only one on its line.',
      'Blocks that a meter refuses are read item by item.',
      'The sign of power and current is the highest bit of their digits.',
    ],
  };
}

/** Only what is wanted; a block of which all but one item falls away is that item. */
function keptBlocks(blocks: readonly DataBlock[], keep: Keep): readonly DataBlock[] {
  return blocks.flatMap((block): readonly DataBlock[] => {
    const items = block.items.filter(({ measurand }) => keep(measurand));
    if (items.length === block.items.length) return [block];
    return items.map((item) => ({ identifier: item.identifier, items: [item] }));
  });
}
