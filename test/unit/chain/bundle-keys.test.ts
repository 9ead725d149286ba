// SPDX-License-Identifier: Apache-2.0
// Bundles over a change of the main log's keys: one of before verifies for ever, one of after by the
// hand-over in it, and an old key proves nothing over a larger log than its own.

import { describe, expect, test } from 'vitest';
import { logKeyType } from '../../../base/checkpoint.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import { type Bundle, encodeBundle } from '../../../sidechain/chain/bundle.ts';
import { followHandOvers } from '../../../sidechain/chain/key-periods.ts';
import type { KeyPeriods } from '../../../sidechain/chain/retired-key.ts';
import {
  formatTrustedKeys,
  parseTrustedKeys,
  type TrustedKey,
} from '../../../sidechain/chain/trusted-keys.ts';
import { verifyBundle } from '../../../sidechain/chain/verify-bundle.ts';
import { readingParts, trustedKeys } from './bundle-maker.ts';
import { chainId, gateway, mainGenesisBytes, mainLogSigner, testSigner } from './fixture.ts';
import { handOverTo } from './hand-over-maker.ts';
import { MainLogTwin } from './main-log-twin.ts';

const next = testSigner(160);
const parts = readingParts();

/** Anchored before the act, handed over at size 3, anchored again as leaf 3. */
const log = new MainLogTwin([mainLogSigner], mainGenesisBytes);
const before = log.append(parts.anchor);
const made = handOverTo(log, [next]);
const after = log.append(parts.anchor);

const followed = followHandOvers(suite, log.mainLog, [made.handOver]);
if (!followed.ok) throw new Error(followed.detail);
const { periods } = followed.value;

function keysOf(of: KeyPeriods): readonly TrustedKey[] {
  const text = formatTrustedKeys(suite, { periods: of, chainId, members: [gateway] });
  const parsed = parseTrustedKeys(suite, text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

function bundle(
  of: { readonly index: number; readonly size: number; readonly by: Signer },
  handOvers: Bundle['handOvers'],
): Uint8Array {
  const receipts = log.receipts(of.index, { size: of.size, signers: [of.by] });
  return encodeBundle({ ...parts, receipts, ...(handOvers && { handOvers }) });
}

const old = bundle({ index: before, size: 2, by: mainLogSigner }, undefined);
const fresh = bundle({ index: after, size: 4, by: next }, [made.handOver]);

function verdict(input: Uint8Array, keys = keysOf(periods)) {
  const found = verifyBundle(suite, input, keys);
  return found.status === 'invalid' ? `${found.failed.name}: ${found.failed.detail}` : found.status;
}

describe('with the keys file that tells of the change', () => {
  test('both verify, and the hop says by which keys', () => {
    expect(verdict(old)).toBe('valid');
    expect(verdict(fresh)).toBe('valid');
    const found = verifyBundle(suite, fresh, keysOf(periods));
    expect(found).toMatchObject({
      hops: expect.arrayContaining([
        { name: 'receipt', detail: expect.stringContaining('by keys of generation 1') },
      ]),
    });
    const ofLog = 'signers' in found ? found.signers.filter(({ type }) => type === logKeyType) : [];
    expect(ofLog.map(({ publicKey }) => publicKey)).toEqual([
      mainLogSigner.publicKey,
      next.publicKey,
    ]);
  });

  test('a leaf of before may have its receipt by the new key, over a larger log', () => {
    expect(verdict(bundle({ index: before, size: 4, by: next }, [made.handOver]))).toBe('valid');
    expect(verdict(bundle({ index: before, size: 3, by: next }, [made.handOver]))).toBe('valid');
  });

  test('the old key over a larger log is refused, and named', () => {
    const late = bundle({ index: after, size: 4, by: mainLogSigner }, [made.handOver]);
    expect(verdict(late)).toMatch(
      /receipt: signed by a key of utility that ended when .* 3 leaves/,
    );
  });

  test('the old key over a larger log is not believed where the hand-over is kept back', () => {
    const late = bundle({ index: after, size: 4, by: mainLogSigner }, undefined);
    expect(verdict(late)).toBe('unknown-signer');
    // As before anybody knew of the change: nothing in it can tell.
    expect(verdict(late, trustedKeys())).toBe('valid');
  });

  test('the new key over a log that it may not sign yet is refused', () => {
    const early = bundle({ index: before, size: 2, by: next }, [made.handOver]);
    expect(verdict(early)).toMatch(/of 2 leaves, and its keys count from 3 leaves on/);
  });

  test('no hand-over too few, none too many', () => {
    expect(verdict(bundle({ index: after, size: 4, by: next }, undefined))).toMatch(
      /does not know/,
    );
    const idle = bundle({ index: before, size: 2, by: mainLogSigner }, [made.handOver]);
    expect(verdict(idle)).toMatch(/a key of utility that ended/);
  });

  test('a hand-over that does not hold is named', () => {
    const forged = handOverTo(new MainLogTwin([mainLogSigner], mainGenesisBytes), [next], {
      by: [next],
    });
    const input = bundle({ index: after, size: 4, by: next }, [forged.handOver]);
    expect(verdict(input)).toMatch(/hand-over|key the chain does not know/);
  });
});

test('generations follow each other: none is left out, none comes twice', () => {
  const other = new MainLogTwin([mainLogSigner], mainGenesisBytes);
  const second = handOverTo(other, [next], { generation: 2 });
  const skipped = bundle({ index: after, size: 4, by: next }, [second.handOver]);
  expect(verdict(skipped)).toMatch(/brings the keys of generation 2, 1 is next/);
  const twice = bundle({ index: after, size: 4, by: next }, [made.handOver, made.handOver]);
  expect(verdict(twice)).toMatch(/brings the keys of generation 1, 2 is next/);
});

describe('with other keys files', () => {
  const [founding, changed] = periods;
  if (founding === undefined || changed === undefined) throw new Error('two periods');

  test('who trusts the old key alone knows not who handed over to whom', () => {
    expect(verdict(fresh, trustedKeys())).toBe('unknown-signer');
  });

  test('who trusts the new key alone does not believe who named it', () => {
    expect(verdict(fresh, keysOf([changed]))).toBe('unknown-signer');
    expect(verdict(old, keysOf([changed]))).toBe('unknown-signer');
  });

  test('a key that ended earlier than it signed is not believed', () => {
    expect(verdict(old, keysOf([founding, { ...changed, fromSize: 1 }]))).toBe('unknown-signer');
  });
});
