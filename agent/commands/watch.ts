// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { wallClockMs } from '../../host/clock.ts';
import { type Command, required } from '../../host/command.ts';
import { askValues } from '../ask-gateway.ts';
import { loadGatewayConfig } from '../config.ts';
import { valuesText } from '../values.ts';

const refreshMs = 1_000;
/** Home, and clear from there: a table that stands still while its numbers change. */
const clearScreen = '\u001b[H\u001b[J';

export const watch: Command = {
  name: 'watch',
  summary: 'Shows the newest values of a running gateway, again and again.',
  usage: 'watch --config FILE [--once] [--json]',
  options: {
    config: { value: 'FILE', description: 'gateway.yaml of the gateway' },
    once: { description: 'once, and end' },
    json: { description: 'one JSON object a line' },
  },
  notes: 'Ends with Ctrl-C. A meter that no gateway reads is shown by `tieline read`.',
  run: async ({ values, print, ending }) => {
    const config = loadGatewayConfig(required('watch', values, 'config'));
    const isTable = process.stdout.isTTY && values.once !== true;
    while (!ending.aborted) {
      const shown = await askValues(config);
      const text = values.json === true ? JSON.stringify(shown) : valuesText(shown, wallClockMs());
      print(isTable && values.json !== true ? clearScreen + text : text);
      if (values.once === true) break;
      await sleep(refreshMs, undefined, { signal: ending }).catch(() => {});
    }
    return 0;
  },
};
