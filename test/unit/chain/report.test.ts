// SPDX-License-Identifier: Apache-2.0
// Reports of members to the centre: who has signed them shows, and evidence proves itself.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatCheckpoint } from '../../../base/checkpoint.ts';
import { cosign } from '../../../base/cosignature.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import {
  checkReport,
  type Evidence,
  evidenceReport,
  openReport,
  type Report,
  signReport,
  subjectOf,
} from '../../../sidechain/chain/report.ts';
import { everyFlip } from '../base/flip.ts';
import { chainId, gateway, startMs, stranger, testSigner } from './fixture.ts';
import { mutated } from './mutate.ts';

const liar = testSigner(12);
const members = [gateway, liar].map(({ keyId, publicKey }) => {
  return { keyId, publicKey, role: 'voter', revoked: false } as const;
});
const on = { chainId, members };

function signatureUnder(size: number, fill: number, signer: Signer = liar): Uint8Array {
  const root = new Uint8Array(32).fill(fill);
  const body = formatCheckpoint({ origin: chainOrigin(chainId), size, root });
  return cosign(suite, cosignerName(chainId, signer.keyId), body, 1, signer).signature;
}

const evidence: Evidence = {
  member: liar.keyId,
  size: 7,
  rootOne: new Uint8Array(32).fill(9),
  signatureOne: signatureUnder(7, 9),
  rootOther: new Uint8Array(32).fill(3),
  signatureOther: signatureUnder(7, 3),
};

function reportOf(changed: Partial<Evidence> = {}): Report {
  const of = { chainId, publicKey: liar.publicKey, timeMs: startMs };
  return evidenceReport(suite, { ...evidence, ...changed }, of);
}

const withheld: Report = {
  kind: 'withheld',
  timeMs: startMs,
  leader: liar.keyId,
  term: 4,
  entryId: new Uint8Array(32).fill(1),
  waitedMs: 31_000,
  height: 12,
};

function verdict(report: Report, signer: Signer = gateway): string {
  const opened = openReport(signReport(report, chainId, signer));
  if (!opened.ok) return opened.code;
  const checked = checkReport(suite, opened.value, on);
  return checked.ok ? 'good' : checked.code;
}

test('what a member has signed is read as it was', () => {
  for (const report of [reportOf(), withheld]) {
    const opened = openReport(signReport(report, chainId, gateway));
    expect(opened).toMatchObject({ ok: true, value: { report, keyId: gateway.keyId } });
    expect(verdict(report)).toBe('good');
  }
  expect([reportOf(), withheld].map(subjectOf)).toEqual([
    `evidence/${Buffer.from(liar.keyId).toString('hex')}`,
    'withheld/4',
  ]);
});

test('evidence has one form, whichever root was seen first', () => {
  const { rootOne, signatureOne, rootOther, signatureOther } = evidence;
  const turned = { rootOne: rootOther, signatureOne: signatureOther };
  const other = { rootOther: rootOne, signatureOther: signatureOne };
  const report = reportOf({ ...turned, ...other });
  expect(report).toEqual(reportOf());
  if (report.kind !== 'evidence') throw new Error('it is evidence');
  expect(verdict({ ...report, one: report.other, other: report.one })).toBe('evidence');
});

test.each<[string, Report, Signer, string]>([
  ['by a stranger', withheld, stranger, 'unknown-signer'],
  ['under another member’s name', withheld, { ...stranger, keyId: gateway.keyId }, 'signature'],
  ['one root twice', reportOf({ rootOther: evidence.rootOne }), gateway, 'evidence'],
  ['a signature of another size', reportOf({ size: 8 }), gateway, 'evidence'],
  [
    'a signature by another',
    reportOf({ signatureOne: signatureUnder(7, 9, gateway) }),
    gateway,
    'evidence',
  ],
  ['against a stranger', reportOf({ member: stranger.keyId }), gateway, 'evidence'],
])('%s proves nothing', (_, report, signer, code) => {
  expect(verdict(report, signer)).toBe(code);
});

test('a report of another chain, or with any bit flipped, is nobody’s', () => {
  const elsewhere = openReport(signReport(withheld, new Uint8Array(32), gateway));
  expect(elsewhere.ok && checkReport(suite, elsewhere.value, on)).toMatchObject({ ok: false });
  for (const report of [reportOf(), withheld]) {
    const good = [...everyFlip(signReport(report, chainId, gateway))].filter((bytes) => {
      const opened = openReport(bytes);
      return opened.ok && checkReport(suite, opened.value, on).ok;
    });
    expect(good).toEqual([]);
  }
});

test('no bytes make the reader throw', () => {
  const good = [reportOf(), withheld].map((report) => signReport(report, chainId, gateway));
  const any = fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated(...good));
  fc.assert(
    fc.property(any, (bytes) => {
      const opened = openReport(bytes);
      if (opened.ok) expect(opened.value.bytes).toEqual(bytes);
      else expect(opened.code).toBe('report');
    }),
    { seed: 11, numRuns: 500 },
  );
});
