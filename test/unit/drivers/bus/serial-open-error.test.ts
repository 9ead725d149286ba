// SPDX-License-Identifier: Apache-2.0
// A tty that cannot be opened: each reason with what to do, from the words of serialport 13 and of
// Linux.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import { expect, test } from 'vitest';
import { portHolders } from '../../../../drivers/bus/port-holder.ts';
import { serialOpenError } from '../../../../drivers/bus/serial-open-error.ts';

test.each([
  [
    'Error: Permission denied, cannot open /dev/ttyUSB0',
    /sudo usermod -aG dialout \$USER.*log out/,
  ],
  ["EACCES: permission denied, open '/dev/ttyUSB0'", /dialout/],
  ['Error: No such file or directory, cannot open /dev/ttyUSB0', /found: \/dev\/ttyUSB1/],
  ['Error Resource temporarily unavailable Cannot lock port', /another program holds it.*fuser/],
  ['Error: Device or resource busy, cannot open /dev/ttyUSB0', /another program/],
  ['Error: Inappropriate ioctl for device', /found: \/dev\/ttyUSB1/],
])('%s', (message, hint) => {
  const error = serialOpenError('/dev/ttyUSB0', message, {
    ports: ['/dev/ttyUSB1'],
    holders: undefined,
  });
  expect(error.message).toContain('/dev/ttyUSB0');
  expect(error.hint).toMatch(hint);
});

test('no port at all is said, too', () => {
  const error = serialOpenError('/dev/ttyUSB0', 'No such file or directory', {
    ports: [],
    holders: undefined,
  });
  expect(error.hint).toContain('no serial port was found');
});

test('who holds a port is named, of ours without the words of the command', async ({
  onTestFinished,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'tieline-proc-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const process = async (id: string, words: string, port: string) => {
    await mkdir(join(folder, id, 'fd'), { recursive: true });
    await writeFile(join(folder, id, 'comm'), `${words.split(' ')[0]}\n`);
    await writeFile(join(folder, id, 'cmdline'), words.replaceAll(' ', '\0'));
    await symlink(port, join(folder, id, 'fd', '7'));
  };
  await process('70', 'node /opt/tieline/deploy/tieline.mjs run --config secret', '/dev/ttyA');
  await process('71', 'minicom -D /dev/ttyB', '/dev/ttyB');
  expect(await portHolders('/dev/ttyA', folder)).toBe('a Tieline program (process 70)');
  expect(await portHolders('/dev/ttyB', folder)).toBe('minicom (process 71)');
  expect(await portHolders('/dev/ttyC', folder)).toBeUndefined();
  await process(`${pid}`, 'node', '/dev/ttyB');
  const ours = await portHolders('/dev/ttyB', folder);
  const twice = serialOpenError('/dev/ttyB', 'Cannot lock port', { ports: [], holders: ours });
  expect(twice.hint).toContain('two lines lead to one port');
  const holders = 'minicom (process 71)';
  const error = serialOpenError('/dev/ttyB', 'Cannot lock port', { ports: [], holders });
  expect(error.hint).toContain('minicom (process 71) holds it');
});
