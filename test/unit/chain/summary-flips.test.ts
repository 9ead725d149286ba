// SPDX-License-Identifier: Apache-2.0
// A bundle of a summary, once with each of its bits flipped: none of them verifies.

import { expect, test } from 'vitest';
import { nodeSuite } from '../../../base/node-suite.ts';
import { verifyBundle } from '../../../sidechain/chain/verify-bundle.ts';
import { everyFlip } from '../base/flip.ts';
import { rememberingSuite, summaryBundle, trustedKeys } from './bundle-maker.ts';

test('any flipped bit fails', () => {
  const suite = rememberingSuite(nodeSuite);
  const trusted = trustedKeys();
  const bundle = summaryBundle();
  expect(verifyBundle(suite, bundle, trusted).status).toBe('valid');
  const passed = [...everyFlip(bundle)].flatMap((flipped, bit) => {
    const { status } = verifyBundle(suite, flipped, trusted);
    return status === 'invalid' || status === 'not-a-bundle' ? [] : [{ bit, status }];
  });
  expect(passed).toEqual([]);
});
