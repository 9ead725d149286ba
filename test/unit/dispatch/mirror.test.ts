// SPDX-License-Identifier: Apache-2.0
// A mirror of an honest centre, and of one whose operator alters what it shows.

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toBase64, toHex } from '../../../base/bytes.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import { differenceText } from '../../../dispatch/mirror/difference.ts';
import { verifyMirror } from '../../../dispatch/mirror/verify-mirror.ts';
import { makeToken } from '../../../dispatch/tokens.ts';
import { makeChain } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { kindsOf, MirroredCentre, report } from './mirrored-centre.ts';

let at: MirroredCentre;

beforeEach(async () => {
  at = await MirroredCentre.begin();
}, 60_000);
afterEach(() => at.end(), 60_000);

describe('of an honest centre', () => {
  test('its head is the head of the centre, all is copied, and nothing differs', async () => {
    const { mirror, store } = await at.keep();
    const pass = await mirror.pass();
    const { size, root } = pass.head;
    expect(await at.centre.centre.ordering.checkpoint()).toContain(
      `\n${size}\n${toBase64(Uint8Array.from(Buffer.from(root, 'hex')))}\n`,
    );
    expect(pass).toMatchObject({
      copied: { anchors: 3, messages: 3 },
      compared: 6,
      fresh: [],
      open: [],
    });
    const verdict = await verifyMirror(nodeSuite, store, mainLog);
    const counts = { leaves: 4, chains: 1, anchors: 3, summaries: 6 };
    expect(verdict).toEqual({ head: pass.head, counts, flaws: [] });
  });

  test('a second pass copies what is new alone, and follows new members of the network', async () => {
    const { mirror, store } = await at.keep();
    await mirror.pass();
    expect(await mirror.pass()).toMatchObject({ copied: { anchors: 0, messages: 0 }, open: [] });
    const other = makeChain(mainLog, { seed: 42 });
    await at.centre.enrol(other);
    await report(at.centre, other);
    await report(at.centre, at.chain);
    expect(await mirror.pass()).toMatchObject({
      copied: { anchors: 2, messages: 2 },
      compared: 10,
      open: [],
    });
    expect((await verifyMirror(nodeSuite, store, mainLog)).flaws).toEqual([]);
  });

  test('broken off anywhere, it goes on from there', async () => {
    const whole = at.asking();
    const database = at.newDatabase();
    let left = 0;
    let breaks = 0;
    for (;;) {
      left = breaks;
      const { mirror, store } = await at.keep(
        async (path) => {
          if (left-- <= 0) throw new Error('the line is cut');
          return whole(path);
        },
        { database },
      );
      const pass = await mirror.pass().catch(() => undefined);
      if (pass !== undefined) {
        expect(breaks).toBeGreaterThanOrEqual(4);
        expect(pass).toMatchObject({ compared: 6, open: [] });
        expect((await verifyMirror(nodeSuite, store, mainLog)).flaws).toEqual([]);
        return;
      }
      breaks += 1;
    }
  });

  test('a history that is behind is not accused before its time', async () => {
    const { mirror } = await at.keep();
    await mirror.pass();
    at.alterHistory('DELETE FROM summary WHERE height = 3');
    at.alterHistory('UPDATE position SET sequence = 2');
    // What it read in before it was restarted.
    await at.restart();
    await at.centre.centre.history.upToDate();
    expect((await (await at.keep()).mirror.pass()).open).toEqual([]);
  });
});

describe('of a history that is altered by hand', () => {
  test.each([
    ["last_value = '9999'", 'last', '"9999"', '"124000"'],
    ['first_value = NULL', 'first', 'null', '"123450"'],
    ["delta_value = '-1'", 'delta', '"-1"', '"550"'],
    ["mean_value = '0.0001'", 'mean', '"0.0001"', '"123725"'],
    ["min_value = '1e3'", 'min', '"1e3"', '"123450"'],
    ["max_value = 'NaN'", 'max', '"NaN"', '"124000"'],
    ["unit = 'kWh'", 'unit', '"kWh"', '"Wh"'],
    ['reading_count = 1', 'count', '1', '900'],
    ['expected_count = 1', 'expectedCount', '1', '900'],
    ["quality = 'edited'", 'quality', '"edited"', '"validated"'],
    ["reason = 'x'", 'reason', '"x"', '""'],
    ['revision = 5', 'revision', '5', '0'],
    ["missing = '[[1,2]]'", 'missing', expect.stringContaining('1970'), '[]'],
    ['events = \'[["reset",1]]\'', 'events', expect.stringContaining('reset'), '[]'],
    ["screened = '[0,0,1,0]'", 'screened', expect.stringContaining('"stale":1'), expect.anything()],
    ["definition = 'other'", 'meterDefinition', '"other"', '"test-meter"'],
    ["obis = '1-0:2.8.0*255'", 'obis', '"1-0:2.8.0*255"', '"1-0:1.8.0*255"'],
    ["device = 'c'", 'device', '"c"', '"b"'],
    ['window_ms = 1000', 'to', expect.anything(), expect.anything()],
    ['start_ms = 0', 'from', '"1970-01-01T00:00:00.000Z"', '"2026-01-01T00:30:00.000Z"'],
  ])(
    'UPDATE … SET %s: named with what was and what should be',
    async (set, field, shown, proven) => {
      at.alterHistory(`UPDATE summary SET ${set} WHERE height = 2 AND output_index = 1`);
      const { mirror } = await at.keep();
      const { open } = await mirror.pass();
      const chainHex = toHex(at.chain.chainId);
      const what = { kind: 'history-altered', chain: chainHex, place: 'summary 2-1' };
      expect(open).toContainEqual(expect.objectContaining({ ...what, field, shown, proven }));
      expect(open.every(({ place }) => place === 'summary 2-1')).toBe(true);
      const [first] = open;
      expect(first && differenceText(first)).toMatch(
        /^DIFFERENCE history-altered chain [0-9a-f]{64}/,
      );
    },
  );

  test('rows that are gone, rows that nothing proves, and a second row of one', async () => {
    const { mirror } = await at.keep();
    await mirror.pass();
    at.alterHistory('DELETE FROM summary WHERE height = 1 AND output_index = 0');
    const copy = (height: number, start: string) =>
      `INSERT INTO summary SELECT chain_id, ${start}, ${height}, output_index, device, obis, unit,
        window_ms, revision, quality, reason, first_value, last_value, min_value, max_value,
        mean_value, delta_value, reading_count, expected_count, missing, screened, events,
        definition
        FROM summary WHERE height = 2 AND output_index = 1`;
    at.alterHistory(copy(77, 'start_ms'));
    at.alterHistory(copy(78, '8640000000000001'));
    const pass = await mirror.pass();
    expect(kindsOf(pass).toSorted()).toEqual([
      ['history-added', 'summary 77-1', ''],
      ['history-added', 'summary 78-1', ''],
      ['history-missing', 'summary 1-0', ''],
    ]);
    expect(pass.fresh).toHaveLength(3);
    expect((await mirror.pass()).fresh).toEqual([]);
  });

  test('what is set right again is open no more', async () => {
    const { mirror } = await at.keep();
    at.alterHistory("UPDATE summary SET last_value = '1' WHERE height = 2");
    expect((await mirror.pass()).open).toHaveLength(2);
    at.alterHistory("UPDATE summary SET last_value = '124000' WHERE height = 2");
    expect((await mirror.pass()).open).toEqual([]);
  });

  test('all of it, thrown away', async () => {
    const { mirror } = await at.keep();
    at.alterHistory('DELETE FROM summary');
    const { open } = await mirror.pass();
    expect(open.map(({ kind }) => kind)).toEqual(Array(6).fill('history-missing'));
  });
});

describe('with a token', () => {
  const tokensPath = () => join(at.centre.directory, 'tokens.json');
  const who = { name: 'x', chains: [] as string[], devices: [] as string[], days: undefined };

  test('a regulator reads all and may change nothing', async () => {
    const { text } = await makeToken(tokensPath(), { ...who, role: 'regulator' });
    const { mirror } = await at.keep(at.asking(text));
    expect((await mirror.pass()).open).toEqual([]);
    const refused = await fetch(`${at.url}/api/v1/chains`, {
      method: 'POST',
      headers: { authorization: `Bearer ${text}`, 'content-type': 'application/json' },
      body: '{"genesis":"","enrolment":""}',
    });
    expect(refused.status).toBe(403);
  });

  test('a plant mirrors its chains alone', async () => {
    const other = makeChain(mainLog, { seed: 44 });
    await at.centre.enrol(other);
    await report(at.centre, other);
    await report(at.centre, at.chain);
    const chains = [toHex(other.chainId)];
    const { text } = await makeToken(tokensPath(), { ...who, role: 'plant', chains });
    const { mirror, store } = await at.keep(at.asking(text), { expectsAll: false });
    for (let i = 0; i < 20; i++) await report(at.centre, at.chain);
    const pass = await mirror.pass();
    expect(pass).toMatchObject({ copied: { anchors: 1, messages: 1 }, compared: 2, open: [] });
    expect(pass.head.size).toBe(26);
    // All of the log in 32 bytes a leaf, and of what is in it only its own.
    const whole = await makeToken(tokensPath(), { ...who, name: 'all', role: 'regulator' });
    const regulator = await at.keep(at.asking(whole.text));
    expect(pass.storedBytes).toBeLessThan((await regulator.mirror.pass()).storedBytes);
    expect(await store.chainIds(new Uint8Array())).toHaveLength(1);
    at.alterHistory("UPDATE summary SET last_value = '1'");
    expect((await mirror.pass()).open).toHaveLength(2);
  });

  test('and of them its devices alone, each proven without its neighbours', async () => {
    const chains = [toHex(at.chain.chainId)];
    const { text } = await makeToken(tokensPath(), {
      ...who,
      role: 'plant',
      chains,
      devices: ['b'],
    });
    const { mirror, store } = await at.keep(at.asking(text), { expectsAll: false });
    expect(await mirror.pass()).toMatchObject({ copied: { messages: 3 }, compared: 3, open: [] });
    expect(await mirror.pass()).toMatchObject({ copied: { messages: 0 }, open: [] });
    const kept = await store.outputs(at.chain.chainId, { fromMs: 0, toMs: 9e15 }, 100);
    expect(kept.map(({ outputIndex }) => outputIndex)).toEqual([1, 1, 1]);
    expect((await verifyMirror(nodeSuite, store, mainLog)).flaws).toEqual([]);
  });

  test('without one it says what to do', async () => {
    await makeToken(tokensPath(), { ...who, role: 'regulator' });
    const { mirror } = await at.keep();
    await expect(mirror.pass()).rejects.toMatchObject({ code: 'api-token' });
  });
});

test('its own files, altered, are found offline', async () => {
  const { mirror, store } = await at.keep();
  await mirror.pass();
  await store.write([{ sql: "UPDATE output SET bytes = x'00' WHERE height = 1" }]);
  await store.write([{ sql: 'UPDATE leaf SET hash = zeroblob(32) WHERE log_index = 2' }]);
  const { flaws } = await verifyMirror(nodeSuite, store, mainLog);
  expect(flaws).toContainEqual(expect.stringMatching(/^message 1: output 1-0/));
  expect(flaws).toContainEqual(expect.stringMatching(/^leaf 2: /));
  expect(flaws).toContainEqual(expect.stringMatching(/^no checkpoint of 4 leaves/));
});
