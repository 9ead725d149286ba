// SPDX-License-Identifier: Apache-2.0
// What befalls the programs of a centre and the machine under them.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '../system/harness/restartable.ts';
import { sleep } from '../system/harness/until.ts';
import type { Scene } from './scene.ts';
import type { Strike } from './strike.ts';

const awayMs = { min: 500, max: 4_000 };

export const machineStrikes: readonly Strike<Scene>[] = [
  {
    kind: 'broker-killed',
    run: async ({ broker }, random) => {
      const ms = random.between(awayMs.min, awayMs.max);
      await broker.kill();
      await sleep(ms);
      await broker.start();
      return `away for ${ms} ms`;
    },
  },
  {
    kind: 'node-killed',
    run: async ({ node }, random) => {
      const times = random.between(1, 3);
      for (let i = 0; i < times; i++) {
        await node.kill();
        await sleep(random.between(0, 1_000));
        // The first ones die as they start.
        if (i < times - 1) {
          node.launch();
          await sleep(random.between(100, 900));
        }
      }
      await node.start();
      return `${times} times`;
    },
  },
  {
    kind: 'postgres-killed',
    run: async ({ postgres }, random) => {
      const ms = random.between(awayMs.min, awayMs.max);
      await postgres.kill();
      await sleep(ms);
      await postgres.start();
      return `away for ${ms} ms`;
    },
  },
  {
    kind: 'wrong-clock',
    run: async ({ setClock }, random) => {
      const seconds = random.between(0, 1) === 0 ? -random.between(1, 7_200) : 90 * 86_400;
      await setClock(seconds);
      await sleep(random.between(1_000, 4_000));
      await setClock(0);
      return `the node's by ${seconds} s`;
    },
  },
  {
    kind: 'full-disk',
    run: async ({ node, centreDir }, random) => {
      const filler = join(centreDir, 'filler');
      const { code, errors } = await runToEnd('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k']);
      if (code === 0 || !errors.includes('No space left')) throw new Error(`dd: ${errors}`);
      await sleep(random.between(1_500, 4_000));
      const hasEnded = !node.isRunning;
      if (hasEnded && !/no space left|disk is full/i.test(node.said.slice(-8_000))) {
        throw new Error(`it does not say that its disk is full: ${node.said.slice(-2_000)}`);
      }
      await rm(filler);
      if (!hasEnded) return 'it has lived on';
      await node.start();
      return 'it ended, said why, and is back';
    },
  },
];
