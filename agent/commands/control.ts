// SPDX-License-Identifier: Apache-2.0
// `tieline control`: tries one control of a device by hand.

import { setTimeout as pause } from 'node:timers/promises';
import { control as controlOnce } from '../../drivers/commands/control.ts';
import { wallClockMs } from '../../host/clock.ts';
import { type Command, textOf } from '../../host/command.ts';
import { readMeterKey } from '../meter-key.ts';
import { meterOptions, meterTexts } from './meter-options.ts';

const { meter: _meter, address: _address, ...place } = meterOptions;
const modes = '--limit PERCENT | --release | --sg-ready CONTACTS | --relay ORDER';

export const control: Command = {
  name: 'control',
  summary: 'Limits a SunSpec source, switches a heat pump or a relay; says first what it will do.',
  usage: `control (${modes}) (--tcp … | --serial …) [--for S] [--yes]`,
  options: {
    limit: { value: 'PERCENT', description: 'SunSpec source: at most this much of its rating' },
    release: { description: 'SunSpec source: no limit any more' },
    'sg-ready': {
      value: 'CONTACTS',
      description: '10 block, 00 normal, 01 encouraged, 11 ordered',
    },
    coil: { value: 'N', description: 'the first of the two contacts, by default 0' },
    relay: { value: 'ORDER', description: 'DL/T 645-2007 meter: open or close' },
    address: {
      value: 'DIGITS',
      description: 'of the meter with the relay: 12, as they stand on it',
    },
    confirm: { value: 'DIGITS', description: 'the same address once more' },
    'key-file': { value: 'FILE', description: 'of the relay; for nobody but you to read' },
    for: { value: 'SECONDS', description: 'after which it ends by itself' },
    keep: { description: 'no end: it stays until somebody ends it' },
    yes: { description: 'do it; without that it only says what it would do' },
    ...place,
  },
  notes: `A limit is given to the device with its timer: it ends there, though nobody be left.
Contacts have no timer: the program stays until then, and switches back when it is interrupted.
A relay cuts off all behind its meter: no order without --key-file, --confirm and --yes. The key
file holds two lines of 8 digits: level and password, operator code. What the meter's status word
says, counts.
Exit code 0 when done, 3 when it was only said, 1 when the device refused.`,
  run: async ({ values, print, ending }) =>
    controlOnce(
      {
        ...meterTexts(values),
        limit: textOf(values, 'limit'),
        release: values.release === true,
        'sg-ready': textOf(values, 'sg-ready'),
        coil: textOf(values, 'coil'),
        for: textOf(values, 'for'),
        keep: values.keep === true,
        relay: textOf(values, 'relay'),
        confirm: textOf(values, 'confirm'),
        key: await readMeterKey(textOf(values, 'key-file')),
        yes: values.yes === true,
      },
      {
        print,
        wait: (ms) => pause(ms, undefined, { signal: ending }).catch(() => undefined),
        nowMs: wallClockMs,
      },
    ),
};
