// SPDX-License-Identifier: Apache-2.0
// The log that others cannot fill.

import { expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { SparingLog } from '../../../sidechain/transport/sparing-log.ts';

function minute(log: SparingLog): void {
  const ticks = limits.transportLogPeriodMs / limits.transportTickMs;
  for (let i = 0; i < ticks; i++) log.tick();
}

test('one line a minute is said about each, and not about all of very many', () => {
  const lines: string[] = [];
  const say = (event: string): void => {
    lines.push(event);
  };
  const log = new SparingLog({ info: say, warn: say });
  for (let i = 0; i < 5; i++) log.say('warn', 'one', 'a', {});
  log.say('info', 'one', 'b', {});
  log.say('info', 'two', 'a', {});
  expect(lines.splice(0)).toEqual(['one', 'one', 'two']);
  minute(log);
  log.say('warn', 'one', 'a', {});
  expect(lines.splice(0)).toEqual(['one']);
  minute(log);
  for (let i = 0; i < 10_000; i++) log.say('warn', 'many', `${i}`, {});
  expect(lines).toHaveLength(limits.transportLogLinesMax);
});
