// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { openLearnedFile } from '../../../agent/learned-file.ts';
import { LineMemory } from '../../../drivers/bus/line-memory.ts';
import { Patience } from '../../../drivers/bus/patience.ts';
import { createLog } from '../../../host/log.ts';

async function setUp({ onTestFinished }: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'tieline-learned-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const events: string[] = [];
  const write = (line: string) => events.push(JSON.parse(line).event);
  const log = createLog({ level: 'info', human: false, write });
  const open = async (path = join(folder, 'learned.json')) => {
    const memory = new LineMemory(new Patience(1_000));
    const file = await openLearnedFile(path, new Map([['bus', memory]]), log);
    file.recall('bus');
    return { memory, file };
  };
  return { folder, events, open };
}

test('what one run has learned the next one knows', async (context) => {
  const { open } = await setUp(context);
  const first = await open();
  first.memory.addCuts('unit 1', 'eastron-sdm630', new Set([60]));
  await first.file.close();
  const second = await open();
  expect([...second.memory.cutsOf('unit 1', 'eastron-sdm630')]).toEqual([60]);
  await second.file.close();
});

test('a damaged file is begun anew', async (context) => {
  const { folder, open, events } = await setUp(context);
  const path = join(folder, 'learned.json');
  await writeFile(path, '{"version":1,"lines":{"bus"');
  const { memory, file } = await open();
  expect(memory.facts()).toEqual({});
  await file.close();
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ version: 1 });
  expect(events).toEqual([]);
});

test('a disk that does not take it is logged, and stops nothing', async (context) => {
  const { folder, open, events } = await setUp(context);
  const { memory, file } = await open(join(folder, 'nowhere', 'learned.json'));
  memory.addCuts('unit 1', 'eastron-sdm630', new Set([60]));
  await file.close();
  expect(events).toEqual(['learned-not-saved']);
});
