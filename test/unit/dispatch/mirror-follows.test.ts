// SPDX-License-Identifier: Apache-2.0
// What a mirror follows besides anchors and summaries: who takes part, by the acts on the log; whom
// members report; and all that it copied before, looked at again.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromUtf8, toBase64, toHex, utf8 } from '../../../base/bytes.ts';
import { formatCheckpoint } from '../../../base/checkpoint.ts';
import { cosign } from '../../../base/cosignature.ts';
import { keyIdOf } from '../../../base/ids.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import type { Ask } from '../../../dispatch/mirror/centre-client.ts';
import { verifyMirror } from '../../../dispatch/mirror/verify-mirror.ts';
import { signEnrolment } from '../../../sidechain/chain/enrolment.ts';
import { signProposal } from '../../../sidechain/chain/governance.ts';
import { signRecord } from '../../../sidechain/chain/main-record.ts';
import type { RegistryChange } from '../../../sidechain/chain/main-registry-change.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { evidenceReport, signReport } from '../../../sidechain/chain/report.ts';
import { makeChain, signerOf, startMs } from './fake-chain.ts';
import { dispatcher, gridOfficer, mainLog } from './fake-main-log.ts';
import { kindsOf, MirroredCentre, report } from './mirrored-centre.ts';

const nora = signerOf(7_400);
let at: MirroredCentre;

beforeEach(async () => {
  at = await MirroredCentre.begin();
}, 60_000);
afterEach(() => at.end(), 60_000);

async function pass(changes: readonly RegistryChange[]): Promise<void> {
  const { ordering } = at.centre.centre;
  const content = {
    version: ordering.governance.version + 1,
    changes,
    reason: '',
    timeMs: startMs,
  };
  const statement = signProposal(content, mainLog.id, gridOfficer);
  const outcome = await ordering.submit({ kind: 'govern', statement });
  expect(outcome).toMatchObject({ kind: 'taken' });
}

const hire: RegistryChange = {
  kind: 'person',
  person: {
    publicKey: nora.publicKey,
    name: 'Nora',
    roles: ['dispatch', 'local'],
    organisation: 'grid',
  },
};
const dismiss: RegistryChange = {
  kind: 'remove-person',
  keyId: keyIdOf(suite, dispatcher.publicKey),
};

/** A chain that is enrolled by whoever this is. */
async function enrolBy(person: Signer, seed: number) {
  const chain = makeChain(mainLog, { seed });
  const { chainId, genesisBytes: genesis } = chain;
  const enrolment = signEnrolment({ chainId, name: 'late', timeMs: startMs }, mainLog.id, person);
  const outcome = await at.centre.centre.ordering.submit({ kind: 'enrol', genesis, enrolment });
  expect(outcome).toMatchObject({ kind: 'enrolled' });
  return chain;
}

async function putRecord(person: Signer) {
  const content = utf8(`by ${toHex(person.keyId)}`);
  const record = signRecord({ kind: 'command', content }, mainLog.id, person);
  const outcome = await at.centre.centre.ordering.submit({ kind: 'record', record });
  expect(outcome).toMatchObject({ kind: 'receipt' });
}

/** What it says to a path that is so, after it was altered. */
function lying(isPath: RegExp, alter: (body: Record<string, unknown>) => unknown): Ask {
  const honest = at.asking();
  return async (path) => {
    const answer = await honest(path);
    if (!isPath.test(path) || answer.status !== 200) return answer;
    const body = JSON.parse(fromUtf8(answer.body) ?? '') as Record<string, unknown>;
    return { ...answer, body: utf8(JSON.stringify(alter(body))) };
  };
}

test('people come and go by acts on the log, and the mirror knows by itself', async () => {
  await putRecord(dispatcher);
  await pass([hire]);
  const kept = await at.keep();
  expect(await kept.mirror.pass()).toMatchObject({ open: [], registryVersion: 1 });
  await report(at.centre, await enrolBy(nora, 44));
  await pass([dismiss]);
  await putRecord(nora);
  expect(await kept.mirror.pass()).toMatchObject({ open: [], registryVersion: 2 });
  expect((await verifyMirror(suite, kept.store, mainLog)).flaws).toEqual([]);
  // One that begins now finds the same, by what was right at the time of each.
  const other = await at.keep();
  expect(await other.mirror.pass()).toMatchObject({ open: [], registryVersion: 2 });
});

test('a registry that is not what the acts make', async () => {
  await pass([hire]);
  const ask = lying(/registry$/, (body) => ({
    ...body,
    persons: (body.persons as object[]).slice(1),
  }));
  const { mirror } = await at.keep(ask);
  expect(kindsOf(await mirror.pass())).toEqual([['registry', 'version 1', 'persons']]);
});

test('an act that is withheld: its registry is not believed, and its leaf is missed', async () => {
  await pass([hire]);
  const ask = lying(/log\/acts/, (body) => ({ ...body, acts: [], next: null }));
  const { mirror } = await at.keep(ask);
  const kinds = (await mirror.pass()).open.map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(['registry', 'act']));
});

test('an act that is not what its leaf says, and one that too few have signed', async () => {
  await pass([hire]);
  const by = signerOf(9_999);
  const forged = signProposal(
    { version: 1, changes: [dismiss], reason: '', timeMs: startMs },
    mainLog.id,
    by,
  );
  const ask = lying(/log\/acts/, (body) => ({
    ...body,
    acts: (body.acts as object[]).map((one) => ({ ...one, act: toBase64(forged) })),
  }));
  const { mirror, database } = await at.keep(ask);
  expect(kindsOf(await mirror.pass())).toContainEqual(['act', 'leaf 4', '']);
  // What mends itself is closed.
  const honest = await at.keep(at.asking(), { database });
  expect((await honest.mirror.pass()).open).toEqual([]);
});

/** Two roots at one size by this member, told by another. */
function evidenceAgainst(index: number, by: number): Uint8Array {
  const { chain } = at;
  const liar = chain.signers[index] as Signer;
  const [rootOne, rootOther] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const under = (root: Uint8Array) => {
    const body = formatCheckpoint({ origin: chainOrigin(chain.chainId), size: 1, root });
    return cosign(suite, cosignerName(chain.chainId, liar.keyId), body, 1, liar).signature;
  };
  const signed = { signatureOne: under(rootOne), signatureOther: under(rootOther) };
  const evidence = { member: liar.keyId, size: 1, rootOne, rootOther, ...signed };
  const of = { chainId: chain.chainId, publicKey: liar.publicKey, timeMs: startMs };
  const said = evidenceReport(suite, evidence, of);
  return signReport(said, chain.chainId, chain.signers[by] as Signer);
}

test('evidence is followed, and counts under anchors that come long after it', async () => {
  const { chain, centre } = at;
  await centre.send(chain, 'event', evidenceAgainst(2, 0));
  const kept = await at.keep();
  expect((await kept.mirror.pass()).open).toEqual([]);
  const { keyId } = chain.signers[2] as Signer;
  const since = async () =>
    (await kept.store.distrusted(chain.chainId)).map((one) => [toHex(one.member), one.since]);
  expect(await since()).toEqual([[toHex(keyId), undefined]]);
  centre.nowMs += 6 * 60_000;
  expect((await kept.mirror.pass()).open).toEqual([]);
  expect(await since()).toEqual([[toHex(keyId), 4]]);
  await report(centre, chain);
  expect((await kept.mirror.pass()).open).toEqual([]);
  expect((await verifyMirror(suite, kept.store, mainLog)).flaws).toEqual([]);
});

test('an anchor that counts on a member of whom evidence is known', async () => {
  const { chain, centre } = at;
  const { mirror, database, store } = await at.keep();
  await mirror.pass();
  const { keyId: member } = chain.signers[2] as Signer;
  const bytes = evidenceAgainst(2, 0);
  await store.keepReport(chain.chainId, { bytes, member, seenMs: 0 });
  await store.settleReports(1, 4);
  // The centre has not taken the evidence, and takes what counts on that member.
  const from = chain.size;
  chain.addBlock();
  await centre.send(chain, 'anchor', chain.anchor({ from, cosigners: [0, 2] }));
  const kinds = kindsOf(await (await at.keep(at.asking(), { database })).mirror.pass());
  expect(kinds).toContainEqual(['anchor', 'leaf 4', '']);
  expect(kinds).toContainEqual(['distrusted', `member ${toHex(member)}`, '']);
  expect(kinds.map(([kind]) => kind)).toContain('report-missing');
});

test('a report that nobody of the chain can have signed, and trust withdrawn without one', async () => {
  const { chain, centre } = at;
  await centre.send(chain, 'event', evidenceAgainst(2, 0));
  const { mirror } = await at.keep(
    lying(/reports$/, (body) => ({
      reports: (body.reports as { signed: string }[]).map((one) => ({
        ...one,
        signed: toBase64(signReport(...strange())),
      })),
    })),
  );
  const kinds = (await mirror.pass()).open.map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(['report', 'distrusted']));
  function strange(): Parameters<typeof signReport> {
    const entry = { leader: chain.signers[0]?.keyId ?? new Uint8Array(8), term: 1, height: 1 };
    const said = { kind: 'withheld', ...entry, entryId: new Uint8Array(32), waitedMs: 1 } as const;
    return [{ ...said, timeMs: startMs }, chain.chainId, signerOf(4_242)];
  }
});

test('what was copied is looked at again, round after round', async () => {
  const kept = await at.keep(at.asking(), { audits: 2 });
  await kept.mirror.pass();
  const rounds = [];
  for (let i = 0; i < 4; i++) rounds.push((await kept.mirror.pass()).audited?.isRound);
  expect(rounds).toContain(true);
  expect((await kept.mirror.pass()).open).toEqual([]);
});

test('a copy that was damaged, and what the centre shows otherwise than before', async () => {
  const kept = await at.keep(at.asking(), { audits: 10 });
  await kept.mirror.pass();
  await kept.database.write([{ sql: 'UPDATE leaf SET hash = zeroblob(32) WHERE log_index = 2' }]);
  const again = await at.keep(
    lying(/log\/anchors/, (body) => {
      const [first, ...others] = body.anchors as { anchor: string }[];
      return { ...body, anchors: [{ ...first, anchor: toBase64(new Uint8Array(9)) }, ...others] };
    }),
    { database: kept.database, audits: 10 },
  );
  const kinds = kindsOf(await again.mirror.pass());
  expect(kinds).toContainEqual(['copy-damaged', 'leaf 2', '']);
  expect(kinds).toContainEqual(['anchor', 'leaf 1', '']);
});
