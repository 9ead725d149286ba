// SPDX-License-Identifier: Apache-2.0
// Decoders that do what none may, between two that are sound.

import type { Decoder } from '../../fuzz/decoder.ts';

const samples = [Uint8Array.of(1, 2, 3, 4)];
const kept: number[][] = [];

export const decoders: readonly Decoder[] = [
  { name: 'sound', samples, read: (bytes) => bytes.length },
  {
    name: 'hangs',
    samples,
    read: (bytes) => {
      while (bytes.length > 0);
    },
  },
  {
    name: 'eats-objects',
    samples,
    read: () => {
      for (;;) kept.push(new Array<number>(100_000).fill(0.5));
    },
  },
  { name: 'ends-its-process', samples, read: () => process.kill(process.pid, 'SIGKILL') },
  {
    name: 'throws-later',
    samples,
    read: async () => {
      setImmediate(() => {
        throw new Error('much later');
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
    },
  },
  { name: 'throws', samples, read: () => JSON.parse('{') },
  { name: 'sound-again', samples, read: (bytes) => bytes.length },
];
