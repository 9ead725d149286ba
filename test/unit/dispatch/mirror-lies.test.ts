// SPDX-License-Identifier: Apache-2.0
// A mirror of a centre that lies: about its log, in its answers, and by answers without an end.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromUtf8, toBase64, toHex, utf8 } from '../../../base/bytes.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import { type Ask, askOver } from '../../../dispatch/mirror/centre-client.ts';
import type { MirrorPass } from '../../../dispatch/mirror/mirror.ts';
import { verifyMirror } from '../../../dispatch/mirror/verify-mirror.ts';
import { makeChain } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { type Kept, kindsOf, MirroredCentre, report } from './mirrored-centre.ts';
import type { TestCentre } from './test-centre.ts';

let at: MirroredCentre;
const others: TestCentre[] = [];

beforeEach(async () => {
  at = await MirroredCentre.begin();
}, 60_000);
afterEach(async () => {
  await at.end();
  for (const other of others.splice(0)) await other.end();
}, 60_000);

describe('of a centre that lies about its log', () => {
  /** A centre with what this one had, that goes its own way from here. */
  async function parting(): Promise<TestCentre> {
    await at.restart(async () => {
      others.push(await at.centre.copy());
    });
    const other = others.at(-1) as TestCentre;
    await other.start();
    return other;
  }

  async function passOver(kept: Kept, other: TestCentre): Promise<MirrorPass> {
    const server = await other.serve();
    const ask = askOver({ url: server.url, token: undefined, ca: undefined });
    const { mirror } = await at.keep(ask, { database: kept.database });
    try {
      return await mirror.pass();
    } finally {
      await server.close();
    }
  }

  test('a log that was set back', async () => {
    const other = await parting();
    await report(at.centre, at.chain);
    const kept = await at.keep();
    expect((await kept.mirror.pass()).open).toEqual([]);
    const pass = await passOver(kept, other);
    expect(pass.open).toContainEqual(
      expect.objectContaining({ kind: 'log-rolled-back', shown: '4', proven: '5' }),
    );
    expect(pass.head.size).toBe(5);
  });

  test.each([0, 1, 2])(
    'two logs, the other %s anchors longer: the notes of both are kept',
    async (longer) => {
      const other = await parting();
      const second = makeChain(mainLog, { seed: 43 });
      await other.enrol(second);
      await report(at.centre, at.chain);
      const kept = await at.keep();
      await kept.mirror.pass();
      for (let i = 0; i <= longer; i++) await report(other, second);
      const pass = await passOver(kept, other);
      expect(pass.open.map(({ kind }) => kind)).toContain('split-view');
      const sizes = [5, 5 + longer];
      for (const size of sizes) {
        expect((await kept.store.checkpoints(size)).length).toBe(longer === 0 ? 2 : 1);
      }
      expect((await verifyMirror(nodeSuite, kept.store, mainLog)).flaws).toEqual([]);
    },
  );

  test('a checkpoint that nobody signed who is pinned', async () => {
    const honest = at.asking();
    const { mirror } = await at.keep(async (path) => {
      const answer = await honest(path);
      if (path !== '/api/v1/log') return answer;
      const note = (fromUtf8(answer.body) ?? '').replace('\n4\n', '\n9\n');
      return { ...answer, body: utf8(note) };
    });
    expect(kindsOf(await mirror.pass())).toContainEqual(['log-signature', '', '']);
  });
});

describe('of a centre that answers as it likes', () => {
  /** What it says to a path that begins so, after it was altered. */
  function lying(
    start: string,
    alter: (body: Record<string, unknown>) => unknown,
    honest: Ask = at.asking(),
  ): Ask {
    return async (path) => {
      const answer = await honest(path);
      if (!path.startsWith(start) || answer.status !== 200) return answer;
      const body = JSON.parse(fromUtf8(answer.body) ?? '') as Record<string, unknown>;
      return { ...answer, body: utf8(JSON.stringify(alter(body))) };
    };
  }

  const zeros = toBase64(new Uint8Array(32));

  test('leaves that are not those it signed', async () => {
    const ask = lying('/api/v1/log/leaves', (body) => ({ ...body, leaves: zeros }));
    const { mirror } = await at.keep(ask);
    const pass = await mirror.pass();
    expect(pass.open.map(({ kind }) => kind)).toContain('leaves');
    expect(pass.head.size).toBe(0);
  });

  test('an anchor that is not what its leaf says, and one that is not shown', async () => {
    const swap = lying('/api/v1/log/anchors', (body) => {
      const [first, second] = body.anchors as { logIndex: number; anchor: string }[];
      return { ...body, anchors: [{ ...first, anchor: second?.anchor }] };
    });
    const { mirror } = await at.keep(swap);
    const kinds = kindsOf(await mirror.pass());
    expect(kinds).toContainEqual(['anchor', 'leaf 1', '']);
    expect(kinds).toContainEqual(['anchor-missing', 'leaf 2', '']);
    expect(kinds).toContainEqual(['anchor-missing', 'leaf 3', '']);
  });

  test('a summary message whose value was altered', async () => {
    const ask = lying('/api/v1/summary-messages', (body) => {
      const [first, ...rest] = body.messages as { message: string }[];
      const bytes = Buffer.from(first?.message ?? '', 'base64');
      bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1;
      return { ...body, messages: [{ ...first, message: bytes.toString('base64') }, ...rest] };
    });
    const { mirror } = await at.keep(ask);
    const kinds = kindsOf(await mirror.pass());
    expect(kinds).toContainEqual(['message', 'message 1', '']);
  });

  test('a chain that nobody enrolled, and one that is hidden', async () => {
    const { mirror, database } = await at.keep();
    await mirror.pass();
    const hiding = lying('/api/v1/enrolments', (body) => ({ ...body, enrolments: [] }));
    const again = await at.keep(hiding, { database });
    expect((await again.mirror.pass()).open.map(({ kind }) => kind)).toEqual(['chain']);
    const forging = lying('/api/v1/enrolments', (body) => {
      const [first] = body.enrolments as { genesis: string }[];
      return { ...body, enrolments: [{ ...first, enrolment: first?.genesis }] };
    });
    const fresh = await at.keep(forging);
    expect((await fresh.mirror.pass()).open.map(({ kind }) => kind)).toContain('chain');
  });

  test.each([
    ['/api/v1/log/leaves', { leaves: 'AAAA', next: null }],
    ['/api/v1/log/leaves', { leaves: toBase64(new Uint8Array(32 * 9_000)), next: null }],
    ['/api/v1/log/anchors', { anchors: [], next: 0 }],
    ['/api/v1/log/anchors', { anchors: Array(65).fill({ logIndex: 1, anchor: '' }), next: null }],
    ['/api/v1/log/anchors', { anchors: [{ logIndex: 2, anchor: 7 }], next: null }],
    ['/api/v1/log/anchors', { anchors: [{ logIndex: -1, anchor: '' }], next: null }],
    ['/api/v1/summary-messages', { messages: [], next: 0, history: { position: 0, keptFrom: '' } }],
    ['/api/v1/summary-messages', { messages: 3, next: null }],
    ['/api/v1/enrolments', { enrolments: [], next: 'ff' }],
    ['/api/v1/chains', { summaries: [], next: '1-1-1' }],
    ['/api/v1/chains', { summaries: [7], next: null }],
    ['/api/v1/chains', []],
  ])('%s with what has not its form: refused, not followed', async (start, body) => {
    const { mirror } = await at.keep(lying(start, () => body));
    await expect(mirror.pass()).rejects.toMatchObject({ code: 'api-answer' });
  });

  test('a list of the history without an end is left', async () => {
    let pages = 0;
    const { chainId } = at.chain;
    const ask = lying(`/api/v1/chains/${toHex(chainId)}/summaries`, (body) => {
      pages += 1;
      const [row] = body.summaries as object[];
      const rows = Array.from({ length: 1_000 }, (_, i) => ({
        ...row,
        id: `${pages * 1_000 + i}-0`,
      }));
      return { summaries: rows, next: `${pages}-0-0` };
    });
    const { mirror } = await at.keep(ask);
    const pass = await mirror.pass();
    expect(pages).toBeLessThan(10);
    expect(pass.open.length).toBeLessThanOrEqual(1_100);
    expect(pass.open.map(({ kind }) => kind)).toContain('history-added');
  });
});
