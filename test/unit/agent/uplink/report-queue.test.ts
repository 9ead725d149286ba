// SPDX-License-Identifier: Apache-2.0
// Reports on their way up: on disk first, sent until answered, and each said once.

import { expect, test } from 'vitest';
import { ReportQueue } from '../../../../agent/uplink/report-queue.ts';
import { limits } from '../../../../base/limits.ts';
import { nodeSuite as suite } from '../../../../base/node-suite.ts';
import { createLog } from '../../../../host/log.ts';
import type { Withheld } from '../../../../sidechain/chain/report.ts';
import { openReport } from '../../../../sidechain/chain/report.ts';
import { chainId, gateway, startMs, stranger } from '../../chain/fixture.ts';

const evidence = {
  member: stranger.keyId,
  publicKey: stranger.publicKey,
  size: 7,
  rootOne: new Uint8Array(32).fill(1),
  signatureOne: new Uint8Array(72),
  rootOther: new Uint8Array(32).fill(2),
  signatureOther: new Uint8Array(72),
};

function withheldIn(term: number): Withheld {
  const entryId = new Uint8Array(32).fill(term);
  return { leader: stranger.keyId, term, entryId, waitedMs: 31_000, height: 3 };
}

class Setting {
  readonly disk = new Map<string, Uint8Array>();
  readonly found: (typeof evidence)[] = [];
  withheld: Withheld | undefined;

  open(): Promise<ReportQueue> {
    return ReportQueue.open(suite, {
      chainId,
      signer: gateway,
      reportable: () => ({ evidence: this.found, withheld: this.withheld }),
      store: {
        load: async () => new Map(this.disk),
        save: async (subject, bytes) => void this.disk.set(subject, bytes),
      },
      nowMs: () => startMs,
      log: createLog({ level: 'error', write: () => {} }),
    });
  }
}

function kindsOf(messages: readonly Uint8Array[]): readonly string[] {
  return messages.map((bytes) => {
    const opened = openReport(bytes);
    return opened.ok ? opened.value.report.kind : opened.code;
  });
}

test('a report is on disk before it is sent, and sent again until it is answered', async () => {
  const setting = new Setting();
  const queue = await setting.open();
  expect(await queue.due(0)).toEqual([]);
  setting.found.push(evidence);
  const [first] = await queue.due(1);
  expect([...setting.disk.values()]).toEqual([first]);
  expect(await queue.due(2)).toEqual([]);
  expect(await queue.due(1 + limits.resendMsMin)).toEqual([first]);
  // Another process, the same words: what was signed once is not signed anew.
  const again = await setting.open();
  expect(await again.due(0)).toEqual([first]);
  const messageHash = suite.sha256(first ?? new Uint8Array());
  await again.answered({ kind: 'noted', messageHash: new Uint8Array(32) });
  expect(again.waitingCount).toBe(1);
  await again.answered({ kind: 'noted', messageHash });
  expect([again.waitingCount, again.takenCount]).toEqual([0, 1]);
  expect(await again.due(10 * limits.resendMsMax)).toEqual([]);
  const later = await setting.open();
  expect(await later.due(0)).toEqual([]);
});

test('what the centre may take later is kept, what it refuses for good is not', async () => {
  const setting = new Setting();
  setting.found.push(evidence);
  const queue = await setting.open();
  const [sent] = await queue.due(0);
  const messageHash = suite.sha256(sent ?? new Uint8Array());
  const refused = { kind: 'refused', what: 'event', detail: '', messageHash } as const;
  await queue.answered({ ...refused, code: 'unknown-chain' });
  expect(await queue.due(limits.resendMsMax)).toEqual([sent]);
  queue.connected();
  expect(await queue.due(limits.resendMsMax)).toEqual([sent]);
  await queue.answered({ ...refused, code: 'evidence' });
  expect([queue.waitingCount, queue.takenCount]).toEqual([0, 0]);
});

test('what is withheld is said once a term, and not more often than now and then', async () => {
  const setting = new Setting();
  const queue = await setting.open();
  setting.withheld = withheldIn(4);
  expect(kindsOf(await queue.due(0))).toEqual(['withheld']);
  setting.withheld = withheldIn(5);
  await queue.due(1);
  expect(queue.waitingCount).toBe(1);
  await queue.due(limits.complainAgainMs);
  expect(queue.waitingCount).toBe(2);
});
