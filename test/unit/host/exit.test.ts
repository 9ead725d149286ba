// SPDX-License-Identifier: Apache-2.0
// How a program ends, seen from outside: real processes, real signals.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

type Ended = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

const program = fileURLToPath(new URL('./exit-program.ts', import.meta.url));

function start(what: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [program, what], { env: { ...process.env, ...env } });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    text.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text.stderr += chunk;
  });
  const ended: Promise<Ended> = once(child, 'close').then(([code]) => ({ code, ...text }));
  const printed = async (wanted: string): Promise<void> => {
    while (!text.stdout.includes(wanted)) await once(child.stdout, 'data');
  };
  return { child, ended, printed };
}

async function signalled(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  expect(child.kill(signal)).toBe(true);
}

describe('a program', () => {
  test('ends with the code it returns', async () => {
    expect(await start('return').ended).toEqual({ code: 3, stdout: '', stderr: '' });
  });

  test('that meets an operating error says what and what to do, without a stack', async () => {
    expect(await start('fail').ended).toEqual({
      code: 1,
      stdout: '',
      stderr: 'tieline: the port is taken\n  choose another\n',
    });
  });

  test('shows the stack when asked to', async () => {
    const { stderr } = await start('fail', { TIELINE_DEBUG: '1' }).ended;
    expect(stderr).toContain('exit-program.ts');
  });

  test('with a broken invariant shows where, and ends with 70', async () => {
    const { code, stderr } = await start('break').ended;
    expect(code).toBe(70);
    expect(stderr).toContain('broken invariant: two and two are five');
    expect(stderr).toContain('exit-program.ts');
  });

  test('does not outlive an error that nobody waited for', async () => {
    const { code, stderr } = await start('forget').ended;
    expect([code, stderr]).toEqual([1, 'tieline: nobody waited for this\n']);
  });

  test('ends quietly when its reader has seen enough', async () => {
    const { child, ended, printed } = start('print');
    await printed('x');
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('signals', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s lets it close', async (signal) => {
    const { child, ended, printed } = start('wait');
    await printed('ready');
    await signalled(child, signal);
    expect(await ended).toMatchObject({
      code: 0,
      stdout: `ready\nclosing for ${signal}\nclosed\n`,
    });
  });

  test('a second one ends it at once', async () => {
    const { child, ended, printed } = start('hang');
    await printed('ready');
    await signalled(child, 'SIGINT');
    await printed('closing');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await signalled(child, 'SIGINT');
    expect(await ended).toMatchObject({ code: 130, stderr: '' });
  });

  test('one that comes with the first, as from `timeout`, lets it close', async () => {
    const { child, ended, printed } = start('wait');
    await printed('ready');
    await signalled(child, 'SIGINT');
    await printed('closing');
    await signalled(child, 'SIGINT');
    expect(await ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/closed\n$/) });
  });
});
