// SPDX-License-Identifier: Apache-2.0
// A co-signature is a promise: nobody gets to see one that the disk does not hold.

import { expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { Cosigner } from '../../../sidechain/store/cosigner.ts';
import type { History } from '../../../sidechain/store/history.ts';
import { chainId, gateway } from '../chain/fixture.ts';

function cosignerOn(write: () => Promise<void>): Cosigner {
  const root = new Uint8Array(32).fill(1);
  const history = { ask: async () => root } as unknown as History;
  return new Cosigner({ suite, signer: gateway, chainId, history, last: undefined, write });
}

test('a signature is given out when it is written, and not before', async () => {
  const disk = Promise.withResolvers<void>();
  const cosigner = cosignerOn(() => disk.promise);
  let isOut = false;
  const signed = cosigner.sign(1, 0).then((cosigned) => {
    isOut = true;
    return cosigned;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isOut).toBe(false);
  expect(cosigner.last).toBe(undefined);
  disk.resolve();
  expect(await signed).toMatchObject({ size: 1 });
  expect(cosigner.last).toMatchObject({ size: 1 });
});

test('one that could not be written is never given out', async () => {
  const cosigner = cosignerOn(() => Promise.reject(new Error('no disk')));
  await expect(cosigner.sign(1, 0)).rejects.toThrow('no disk');
  expect(cosigner.last).toBe(undefined);
});
