// SPDX-License-Identifier: Apache-2.0
// Keys files: C2SP verifier keys, one a line, all of them understood or none taken.

import { describe, expect, test } from 'vitest';
import { logKeyType } from '../../../base/checkpoint.ts';
import { cosignerKeyType } from '../../../base/cosignature.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { noteVerifierText } from '../../../base/note.ts';
import { firstPeriod } from '../../../sidechain/chain/key-periods.ts';
import { cosignerName } from '../../../sidechain/chain/names.ts';
import {
  formatTrustedKeys,
  isTrusted,
  parseTrustedKeys,
} from '../../../sidechain/chain/trusted-keys.ts';
import { chainId, gateway, mainGenesis, mainLogSigner, stranger } from './fixture.ts';

const { mainLog } = mainGenesis;
const text = formatTrustedKeys(suite, {
  periods: firstPeriod(mainLog),
  chainId,
  members: [gateway],
});
const logKey = {
  name: mainLog.origin,
  type: logKeyType,
  publicKey: mainLogSigner.publicKey,
};
const memberKey = {
  name: cosignerName(chainId, gateway.keyId),
  type: cosignerKeyType,
  publicKey: gateway.publicKey,
};
const line = noteVerifierText(suite, logKey);

test('what is written is read again: the log’s keys, then the members’', () => {
  expect(parseTrustedKeys(suite, text)).toEqual({ ok: true, value: [logKey, memberKey] });
});

test('comments, empty lines, white space around a key and CRLF are passed over', () => {
  const spaced = `# a comment\r\n\r\n   ${line}  \r\n\t# another\n`;
  expect(parseTrustedKeys(suite, spaced)).toEqual({ ok: true, value: [logKey] });
  expect(parseTrustedKeys(suite, '')).toEqual({ ok: true, value: [] });
});

describe('a file is refused as a whole, with the line', () => {
  const [name, hash, key] = line.split('+');

  test.each<[string, string]>([
    ['words', 'trust everybody'],
    ['a name without hash and key', `${name}`],
    ['no name', `+${hash}+${key}`],
    ['another name under the same hash', `x${name}+${hash}+${key}`],
    ['another key under the same hash', `${name}+${hash}+B${key?.slice(1)}`],
    ['a hash in capitals', `${name}+${hash?.toUpperCase()}x+${key}`],
    ['a key cut short', `${name}+${hash}+${key?.slice(0, -4)}`],
    [
      'a key that signs neither logs nor checkpoints',
      noteVerifierText(suite, { ...logKey, type: 2 }),
    ],
    ['a key with a comment after it', `${line} # the log`],
    ['a size that is none', `${line} from x`],
    ['sizes the wrong way round', `${line} until 9 from 3`],
    ['two sizes to begin with', `${line} from 3 from 4`],
    ['sizes of a member', `${noteVerifierText(suite, memberKey)} from 3`],
  ])('for %s', (_, wrong) => {
    const parsed = parseTrustedKeys(suite, `${line}\n${wrong}\n`);
    expect(parsed).toMatchObject({ ok: false, detail: expect.stringContaining('line 2: ') });
  });

  test('for more keys than are read', () => {
    const many = `${line}\n`.repeat(limits.trustedKeysMax);
    expect(parseTrustedKeys(suite, many).ok).toBe(true);
    expect(parseTrustedKeys(suite, `${many}${line}`)).toMatchObject({ ok: false, code: 'keys' });
  });
});

test('a key is trusted under its name, for its type of signature, and for nothing else', () => {
  expect(isTrusted([logKey, memberKey], logKey)).toBe(true);
  expect(isTrusted([logKey, memberKey], { ...logKey, type: cosignerKeyType })).toBe(false);
  expect(isTrusted([logKey, memberKey], { ...logKey, name: 'main.example/other' })).toBe(false);
  expect(isTrusted([logKey], { ...logKey, publicKey: stranger.publicKey })).toBe(false);
  expect(isTrusted([], logKey)).toBe(false);
});

describe('of a key that signs some sizes of its log alone', () => {
  const read = (text: string) => {
    const parsed = parseTrustedKeys(suite, text);
    return parsed.ok ? parsed.value : [];
  };

  test.each<[string, readonly number[], readonly number[]]>([
    [line, [0, 8, 9], []],
    [`${line} from 5`, [5, 9], [0, 4]],
    [`${line} until 5`, [0, 5], [6, 9]],
    [`${line}\tfrom 3  until 5`, [3, 4, 5], [2, 6]],
    [`${line} until 3\n${line} from 5`, [3, 5], [4]],
  ])('%j', (text, inside, outside) => {
    for (const size of inside) expect(isTrusted(read(text), logKey, size)).toBe(true);
    for (const size of outside) expect(isTrusted(read(text), logKey, size)).toBe(false);
  });

  test('it is written so', () => {
    const keys = [{ publicKey: stranger.publicKey, name: 'utility' }];
    const changed = { ...mainLog, keys, generation: 1 };
    const periods = [...firstPeriod(mainLog), { mainLog: changed, fromSize: 7 }];
    const written = formatTrustedKeys(suite, { periods, chainId, members: [gateway] });
    expect(written).toContain(`${line} until 7\n`);
    expect(read(written).map(({ fromSize, untilSize }) => [fromSize, untilSize])).toEqual([
      [undefined, 7],
      [7, undefined],
      [undefined, undefined],
    ]);
  });
});
