// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const program = fileURLToPath(new URL('../../simulation/main.ts', import.meta.url));
const scenario = new URL('../../vectors/etcd-raft/interaction/campaign.txt', import.meta.url);

type Run = { readonly code: number; readonly stdout: string; readonly stderr: string };

function simulate(...words: string[]): Promise<Run> {
  return new Promise((resolve) => {
    const options = { maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [program, ...words], options, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

test('--seeds --json reports what was done and how it went', async () => {
  const { code, stdout } = await simulate('--seeds', '3', '--from', '4', '--json');
  const report = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(Object.keys(report)).toEqual(['seeds', 'violations', 'virtualHours', 'faults']);
  expect(report).toMatchObject({ seeds: 3, violations: 0 });
  expect(report.virtualHours).toBeGreaterThan(0);
});

test('--seed --trace says what happens, and how it ends', async () => {
  const { code, stdout } = await simulate('--seed', '3', '--trace');
  const lines = stdout.trimEnd().split('\n');
  expect(code).toBe(0);
  expect(lines[0]).toMatch(/^ +0\.000 1 started /);
  expect(lines.at(-1)).toBe('seed 3: all is well');
});

test('--scenario runs a file of etcd-io/raft, and shows the first difference', async () => {
  const path = fileURLToPath(scenario);
  expect(await simulate('--scenario', path)).toMatchObject({ code: 0 });
  const directory = mkdtempSync(join(tmpdir(), 'tieline-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const altered = join(directory, 'altered.txt');
  writeFileSync(altered, readFileSync(path, 'utf8').replace('Lead:1', 'Lead:2'));
  const { code, stdout } = await simulate('--scenario', altered);
  expect(code).toBe(1);
  expect(stdout).toMatch(/altered\.txt:\d+: \w+\n {2}expected: .*Lead:2.*\n {2}actual: .*Lead:1/);
  writeFileSync(altered, 'fly 1\n----\nok\n');
  expect(await simulate('--scenario', altered)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'simulate: line 1: `fly` is no known command\n',
  });
  expect(await simulate('--scenario', directory)).toMatchObject({ code: 2 });
});

test('words that it does not know end it with 2, and help with 0', async () => {
  for (const words of [[], ['--seeds', 'many'], ['--seed', '1', '--mutants'], ['--speed', '3']]) {
    const { code, stdout, stderr } = await simulate(...words);
    expect({ code, stdout }, words.join(' ')).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^simulate: /);
  }
  const { code, stdout } = await simulate('--help');
  expect(code).toBe(0);
  expect(stdout).toContain('--scenario FILE');
});
