// SPDX-License-Identifier: Apache-2.0
// SunSpec under fuzzing: the bytes are the registers of a device, from its marker on, or a model's length,
// counts and points.

import { LineMemory } from '../../drivers/bus/line-memory.ts';
import { Patience } from '../../drivers/bus/patience.ts';
import type { RegisterRequest } from '../../drivers/line.ts';
import { layoutOf } from '../../drivers/sunspec/layout.ts';
import { findModel, modelIds } from '../../drivers/sunspec/models.ts';
import { pointValue, scaleFactor } from '../../drivers/sunspec/point-value.ts';
import { sunspec } from '../../drivers/sunspec/sunspec-device.ts';
import { type Image, imageOf, lineOf } from '../unit/drivers/sunspec/sunspec-image.ts';
import type { Decoder } from './decoder.ts';

const markerAddress = 40_000;
const readPerFind = 4_000;
const source = { W: 1_200, W_SF: 0, PhVphA: 2_301, V_SF: -1, WH: 123_456, WH_SF: 0 };
const meter = { W: -700, W_SF: -1, PhVphA: 2_301, V_SF: -1, TotWhImp: 5, TotWh_SF: 3 };
const samples = [
  imageOf(markerAddress, [
    { id: 1, raw: { Mn: 'maker', Md: 'model', SN: '7' } },
    { id: 103, raw: source },
  ]),
  imageOf(markerAddress, [
    { id: 1 },
    { id: 160 },
    { id: 203, raw: meter },
    { id: 203, raw: meter },
  ]),
  imageOf(markerAddress, [{ id: 1 }, { id: 701, raw: { W: 1, W_SF: 32_000 } }]),
].map(bytesOf);

function bytesOf(image: Image): Uint8Array {
  const words = [...image].toSorted(([a], [b]) => a - b).map(([, word]) => word);
  return Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 0xff]));
}

function wordsOf(bytes: Uint8Array): readonly number[] {
  return Array.from(
    { length: bytes.length >> 1 },
    (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0),
  );
}

/** @throws Error where a device keeps its reader busy without end */
async function findAndRead(bytes: Uint8Array): Promise<unknown> {
  const image: Image = new Map(wordsOf(bytes).map((word, i) => [markerAddress + i, word]));
  let asked = 0;
  const { line } = lineOf(image, (request: RegisterRequest) => {
    if (++asked > readPerFind) throw new Error(`asked for ${request.address} after ${asked} reads`);
    return undefined;
  });
  const memory = new LineMemory(new Patience(1_000));
  const found = await sunspec.find({ line: { registers: line, memory }, unit: 1 }, () => true);
  return found.ok ? found.device.read() : found;
}

/** One model with the length, and the counts, that the first words claim. */
function layout(bytes: Uint8Array): unknown {
  const words = wordsOf(bytes);
  const [length = 0, count = 0, choice = 0] = words;
  const ids = modelIds();
  const model = findModel(ids[choice % ids.length] ?? 1);
  if (model === undefined) return undefined;
  return layoutOf(model, { length, countOf: () => count }).map(({ type, offset, count: taken }) => {
    const own = words.slice(offset, offset + taken);
    return own.length === taken && [pointValue(type, own), scaleFactor(own[0] ?? 0)];
  });
}

export const sunspecDecoders: readonly Decoder[] = [
  { name: 'sunspec-device', samples, read: findAndRead },
  { name: 'sunspec-model', samples, read: layout },
];
