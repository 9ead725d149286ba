// SPDX-License-Identifier: Apache-2.0
import { readOnce } from '../../drivers/commands/read.ts';
import { type Command, textOf } from '../../host/command.ts';
import { readMeterKey } from '../meter-key.ts';
import { meterOptions, meterTexts } from './meter-options.ts';

export const read: Command = {
  name: 'read',
  summary: 'Reads a meter once: each value with its OBIS name, unit and quality.',
  usage: 'read --meter ID (--tcp HOST:PORT | --rtu-tcp HOST:PORT | --serial PATH) [options]',
  options: {
    ...meterOptions,
    'key-file': {
      value: 'FILE',
      description: 'of a meter that encrypts: its keys as hex, a line each',
    },
    timeout: { value: 'MS', description: 'how long the meter may take to answer, by default 1000' },
    json: { description: 'as JSON, values as exact decimal text' },
  },
  notes: 'Exit code 0 when every register has a value, 3 when some have none, 1 when all failed.',
  run: async ({ values, print }) => {
    const { text, complete } = await readOnce({
      ...meterTexts(values),
      key: await readMeterKey(textOf(values, 'key-file')),
      timeout: textOf(values, 'timeout'),
      json: values.json === true,
    });
    print(text);
    return complete ? 0 : 3;
  },
};
