// SPDX-License-Identifier: Apache-2.0
import { simulateMeter as simulate } from '../../drivers/commands/simulate-meter.ts';
import { wallClockMs } from '../../host/clock.ts';
import { type Command, textOf } from '../../host/command.ts';
import { untilEnded } from '../../host/exit.ts';
import { readMeterKey } from '../meter-key.ts';
import { meterOptions, meterTexts } from './meter-options.ts';

export const simulateMeter: Command = {
  name: 'simulate-meter',
  summary: 'Plays a meter whose load lives: P = Σ U·I·PF, and energy is the integral of power.',
  usage: 'simulate-meter --meter ID (--tcp HOST:PORT | --rtu-tcp HOST:PORT | --serial PATH)',
  options: {
    ...meterOptions,
    'key-file': { value: 'FILE', description: 'of a P1 port that encrypts: as for `read`' },
    mode: { value: 'M', description: 'of IEC 62056-21: A or C, by default C' },
    base: { value: 'N', description: 'of SunSpec: its first register, 0, 40000 or 50000' },
    'limit-model': { value: 'N', description: 'of SunSpec: limited by 123 or 704, not by both' },
    seed: { value: 'N', description: 'another number, another load' },
  },
  notes: 'Prints one line `ready …` when it answers, and runs until it is interrupted.',
  run: async ({ values, print, ending }) => {
    const meter = await simulate(
      {
        ...meterTexts(values),
        key: await readMeterKey(textOf(values, 'key-file')),
        mode: textOf(values, 'mode'),
        base: textOf(values, 'base'),
        'limit-model': textOf(values, 'limit-model'),
        seed: textOf(values, 'seed'),
      },
      wallClockMs,
    );
    print(meter.ready);
    await untilEnded(ending);
    await meter.close();
    return 0;
  },
};
