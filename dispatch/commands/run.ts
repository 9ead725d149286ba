// SPDX-License-Identifier: Apache-2.0
import { type Command, required, textOf, usageError } from '../../host/command.ts';
import { untilEnded } from '../../host/exit.ts';
import { createLog, type LogLevel, logLevels } from '../../host/log.ts';
import { runDispatch } from '../main.ts';

export const dispatchRun: Command = {
  name: 'dispatch',
  summary: 'Runs a dispatch node: verifies anchors and summaries, keeps the main log, answers.',
  usage: 'dispatch --config FILE [--log LEVEL]',
  options: {
    config: { value: 'FILE', description: 'dispatch.yaml, as `tieline dispatch init` makes it' },
    log: { value: 'LEVEL', description: 'debug, info, warn or error; by default info' },
  },
  notes: 'Prints one line `ready …` when it serves. What it does is logged to standard error.',
  run: async ({ values, print, ending }) => {
    const configPath = required('dispatch', values, 'config');
    const log = createLog({ level: levelOf(textOf(values, 'log') ?? 'info') });
    const dispatch = await runDispatch({ configPath, log });
    const { origin, mainLogId, apiUrl } = dispatch.ready;
    print(`ready dispatch ${origin} log ${mainLogId} api ${apiUrl}`);
    await Promise.race([untilEnded(ending), dispatch.failed]);
    await dispatch.close();
    return 0;
  },
};

function levelOf(text: string): LogLevel {
  const level = logLevels.find((one) => one === text);
  if (level !== undefined) return level;
  throw usageError(`--log is one of ${logLevels.join(', ')}, not \`${text}\``, 'dispatch');
}
