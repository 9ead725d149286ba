// SPDX-License-Identifier: Apache-2.0
// Finds out which SunSpec models a device has: the marker `SunS` at one of three places, then ID and
// length of each model to the end. What the device says is taken for what it is, a claim: the walk
// only goes forward, ends with the address space, and counts its models.

import { limits } from '../../base/limits.ts';
import type { Answer, Faulty } from '../line.ts';
import { faulty } from '../line.ts';

export type FoundModel = {
  readonly id: number;
  /** Of its ID register. */
  readonly address: number;
  /** As the device has it: registers after ID and length. */
  readonly length: number;
};

export type Discovery = {
  readonly ok: true;
  /** Of the marker. */
  readonly address: number;
  readonly models: readonly FoundModel[];
  /** What is wrong with the chain, in words; the models before it count. */
  readonly flaw: string | undefined;
};

/** Holding registers of the device. */
export type Ask = (address: number, count: number) => Promise<Answer>;

const marker = [0x5375, 0x6e53];
const markerAddresses = [40_000, 0, 50_000];
const headerLength = 2;
const endId = 0xffff;
const addressEnd = 0x1_0000;

/** Never rejects. */
export async function discover(ask: Ask): Promise<Discovery | Faulty> {
  for (const address of markerAddresses) {
    const answer = await ask(address, marker.length);
    if (answer.ok && marker.every((word, i) => answer.registers[i] === word)) {
      return walk(ask, address);
    }
    // A device without such registers refuses; one that is silent is not asked again elsewhere.
    if (!answer.ok && answer.fault.kind !== 'exception') return answer;
  }
  return faulty({
    kind: 'malformed',
    detail: `the device is no SunSpec device: no SunS at ${markerAddresses.join(', ')}`,
    hint: 'check the unit id, and that SunSpec is switched on in the device',
  });
}

async function walk(ask: Ask, address: number): Promise<Discovery | Faulty> {
  const models: FoundModel[] = [];
  const ended = (flaw?: string) => ({ ok: true, address, models, flaw }) as const;
  let next = address + marker.length;
  while (next + headerLength <= addressEnd) {
    if (models.length >= limits.sunspecModelsMax) {
      return ended(`the chain of models has no end after ${models.length} models`);
    }
    const answer = await ask(next, headerLength);
    if (!answer.ok && answer.fault.kind !== 'exception') return answer;
    if (!answer.ok) return ended(`the chain of models breaks off at ${next}`);
    const [id = endId, length = 0] = answer.registers;
    if (id === endId) return ended();
    if (next + headerLength + length > addressEnd) {
      return ended(`model ${id} at ${next} would end behind the last register`);
    }
    models.push({ id, address: next, length });
    next += headerLength + length;
  }
  return ended('the chain of models has no end');
}
