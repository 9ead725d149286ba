// SPDX-License-Identifier: Apache-2.0
// A tty that cannot be opened: each reason with what to do, from the words of serialport 13 and of
// Linux.

import { expect, test } from 'vitest';
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
  const error = serialOpenError('/dev/ttyUSB0', message, ['/dev/ttyUSB1']);
  expect(error.message).toContain('/dev/ttyUSB0');
  expect(error.hint).toMatch(hint);
});

test('no port at all is said, too', () => {
  const error = serialOpenError('/dev/ttyUSB0', 'No such file or directory', []);
  expect(error.hint).toContain('no serial port was found');
});
