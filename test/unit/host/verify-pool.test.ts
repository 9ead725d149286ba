// SPDX-License-Identifier: Apache-2.0
// Signatures verified in threads: the same verdicts as without, in the order they were asked for.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeSuite } from '../../../base/node-suite.ts';
import { type SignatureCheck, VerifyPool } from '../../../host/verify-pool.ts';
import { signerOf } from '../dispatch/fake-chain.ts';

let pool: VerifyPool;
beforeAll(() => {
  pool = new VerifyPool({ threads: 2 });
});
afterAll(() => pool.close());

function checkOf(number: number, altered: Partial<SignatureCheck> = {}): SignatureCheck {
  const signer = signerOf(number % 5);
  const message = new Uint8Array(number % 300).fill(number);
  return { publicKey: signer.publicKey, message, signature: signer.sign(message), ...altered };
}

test('verdicts come in the order of the questions, whatever goes together', async () => {
  const questions = Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: i % 7 }, (_, j) => {
      const altered = (i + j) % 3 === 0 ? { message: Uint8Array.of(1, 2, 3) } : {};
      return checkOf(i * 7 + j, altered);
    }),
  );
  const verdicts = await Promise.all(questions.map((checks) => pool.verify(checks)));
  const expected = questions.map((checks) =>
    checks.map(({ publicKey, message, signature }) =>
      nodeSuite.verify(publicKey, message, signature),
    ),
  );
  expect(verdicts).toEqual(expected);
  expect(new Set(verdicts.flat())).toEqual(new Set([true, false]));
});

test('what has not the length of a key or a signature does not hold', async () => {
  const short = { signature: new Uint8Array(63) };
  const long = { publicKey: new Uint8Array(33) };
  const checks = [checkOf(1), checkOf(2, short), checkOf(3), checkOf(4, long)];
  expect(await pool.verify(checks)).toEqual([true, false, true, false]);
});

test('more than may wait is refused, and may come again', async () => {
  const small = new VerifyPool({ threads: 1, waitingMax: 4 });
  const busy = { code: 'verify-busy', retry: 'transient' };
  const three = [checkOf(1), checkOf(2), checkOf(3)];
  const waiting = small.verify(three);
  await expect(small.verify(three)).rejects.toMatchObject(busy);
  await expect(small.verify([checkOf(4)])).resolves.toEqual([true]);
  await expect(waiting).resolves.toEqual([true, true, true]);
  await expect(small.verify(three)).resolves.toEqual([true, true, true]);
  await small.close();
});

test('closed, it fails what waits and all that comes', async () => {
  const closing = new VerifyPool({ threads: 1 });
  const waiting = closing.verify([checkOf(1)]);
  const failed = expect(waiting).rejects.toMatchObject({ code: 'verify-closed' });
  await closing.close();
  await failed;
  await expect(closing.verify([checkOf(1)])).rejects.toMatchObject({ code: 'verify-closed' });
});
