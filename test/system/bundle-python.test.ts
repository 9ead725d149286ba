// SPDX-License-Identifier: Apache-2.0
// Our proof bundles, verified by a program that was written from docs/protocol.md and shares no
// code with ours.

import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../base/bytes.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { parseTrustedKeys } from '../../sidechain/chain/trusted-keys.ts';
import { verifyBundle } from '../../sidechain/chain/verify-bundle.ts';
import { flip } from '../unit/base/flip.ts';
import { changedMembers } from '../unit/chain/changed-members.ts';
import { story, summaryOutput } from '../unit/chain/vector-story.ts';
import { runPython } from './run-tool.ts';

const { keys, reading, summary } = story.bundles;
const verify = (bundle: string, given = keys) =>
  runPython('verify_bundle.py', JSON.stringify({ bundle, keys: given }));
const chain = story.genesis.chainId;

test('a reading, from its bundle in the vectors', () => {
  const run = verify(reading);
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toEqual({
    mantissas: [11, null],
    timeMs: Date.UTC(2026, 0, 1, 0, 0, 2, 1),
    sequence: 1,
    height: 2,
    chain,
  });
});

test('a summary, from its bundle in the vectors', () => {
  const run = verify(summary);
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toEqual({ output: toHex(summaryOutput), height: 2, chain });
});

test('keys that are not trusted are refused', () => {
  const [, logKey = '', , memberKey = ''] = keys.split('\n');
  expect(verify(reading, memberKey).stderr).toContain('no trusted receipts');
  expect(verify(reading, logKey).stderr).toContain('no trusted co-signers');
});

test('altered bundles are refused', () => {
  const bytes = fromHex(summary) ?? new Uint8Array();
  for (let byte = 3; byte < bytes.length; byte += 157) {
    const { exitCode, stdout } = verify(toHex(flip(bytes, 8 * byte + (byte % 8))));
    expect({ byte, exitCode, stdout }).toEqual({ byte, exitCode: 1, stdout: '' });
  }
});

describe('a bundle of a chain whose members have changed', () => {
  const { keys: text, height, chainId } = changedMembers;
  const ours = (bundle: Uint8Array) => {
    const trusted = parseTrustedKeys(suite, text);
    if (!trusted.ok) throw new Error(trusted.detail);
    return verifyBundle(suite, bundle, trusted.value).status;
  };

  test.each([
    ['under the anchor', changedMembers.bundle],
    ['under a later checkpoint', changedMembers.later],
  ])('proves a reading by the newcomer, its changes %s', (_, bundle) => {
    expect(ours(bundle)).toBe('valid');
    const { stdout, stderr } = verify(toHex(bundle), text);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ sequence: 1, height, chain: toHex(chainId) });
  });

  test.each([
    ['too few', changedMembers.unsigned, 'too few have co-signed'],
    ['without the promotion', changedMembers.incomplete, 'another number'],
    ['without any change', changedMembers.untold, 'by no member'],
  ])('is refused with changes %s', (_, bundle, reason) => {
    expect(ours(bundle)).toBe('invalid');
    expect(verify(toHex(bundle), text)).toMatchObject({ exitCode: 1, stdout: '' });
    expect(verify(toHex(bundle), text).stderr).toContain(reason);
  });

  test('is refused when it is altered', () => {
    const bytes = changedMembers.bundle;
    for (let byte = 5; byte < bytes.length; byte += 211) {
      const { exitCode } = verify(toHex(flip(bytes, 8 * byte + (byte % 8))), text);
      expect({ byte, exitCode }).toEqual({ byte, exitCode: 1 });
    }
  });
});
