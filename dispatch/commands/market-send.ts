// SPDX-License-Identifier: Apache-2.0
import { type Command, required, wholeNumber } from '../../host/command.ts';
import { readMainLog } from '../govern.ts';
import { sendWaiting } from '../market/queue.ts';
import { apiPlaceOf } from './api-options.ts';
import { queueOf, sayOptions, textOfSent } from './market-say.ts';

const name = 'market send';

export const marketSend: Command = {
  name,
  summary: 'Sends what was signed for the market and waits, in its order.',
  usage: `${name} --queue DIR --main-log FILE [--every SECONDS] [options]`,
  options: {
    ...Object.fromEntries(Object.entries(sayOptions).filter(([option]) => option !== 'key')),
    every: { value: 'SECONDS', description: 'go on, and try again so often' },
  },
  notes: `Exit codes:
  0  nothing waits, and nothing was refused
  1  something was refused
  75 something waits still: try again later`,
  run: async ({ values, print, ending }) => {
    const mainLog = await readMainLog(required(name, values, 'main-log'));
    const place = await apiPlaceOf(values);
    const every = wholeNumber(name, values, { name: 'every', min: 1, max: 86_400 });
    for (;;) {
      const sent = await sendWaiting(queueOf(values), place, mainLog);
      for (const one of sent) {
        print(values.json === true ? JSON.stringify(one) : textOfSent(one));
      }
      if (every === undefined || ending.aborted) {
        if (sent.some(({ status }) => status === 'refused')) return 1;
        return sent.some(({ status }) => status === 'waits') ? tryAgainLater : 0;
      }
      await pause(1_000 * every, ending);
    }
  },
};

/** EX_TEMPFAIL of sysexits.h. */
const tryAgainLater = 75;

function pause(ms: number, ending: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    ending.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      ending.removeEventListener('abort', done);
      resolve();
    }
  });
}
