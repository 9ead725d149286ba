// SPDX-License-Identifier: Apache-2.0
import { type Command, required, textOf, wholeNumber } from '../../host/command.ts';
import { differenceText } from '../mirror/difference.ts';
import type { MirrorPass } from '../mirror/mirror.ts';
import { mirrorLimits } from '../mirror/mirror-limits.ts';
import { runMirror } from '../mirror/run-mirror.ts';

const name = 'mirror';

export const mirror: Command = {
  name,
  summary: 'Keeps a verified copy of a centre, and names what it shows that is not proven.',
  usage: `${name} --api URL --main-log FILE --data DIR [--once] [options]`,
  options: {
    api: { value: 'URL', description: 'of the centre' },
    'main-log': { value: 'FILE', description: 'main-log.json: the keys that are believed' },
    data: { value: 'DIR', description: 'where the copy lies; made where it is missing' },
    'token-file': { value: 'FILE', description: 'holds a token of the API: regulator, or plant' },
    ca: { value: 'FILE', description: 'the only authority whose certificates count, in PEM' },
    own: { description: "the token is for some chains: expect no other chain's anchors" },
    audit: {
      value: 'N',
      description: 'look again at N anchors and N messages of earlier passes in each (1 to 64)',
    },
    once: { description: 'one pass, and end' },
    interval: { value: 'S', description: 'seconds between two passes, by default 60' },
    json: { description: 'say each pass as a line of JSON' },
  },
  notes: `A pass copies and verifies what is new, by the keys in main-log.json alone; then it holds
every row of the history that the centre shows against the summary that its chain proves. It
follows who takes part by the acts on the log, and whom members report. With --audit it goes
through all that it copied before, round after round: that it still holds, and is still shown.
Ends with 0 where nothing differs, 3 where something does, 1 where it could not be asked.`,
  run: async ({ values, print, ending }) => {
    const isJson = values.json === true;
    const seconds = wholeNumber(name, values, { name: 'interval', min: 1, max: 86_400 }) ?? 60;
    const differs = await runMirror({
      url: required(name, values, 'api'),
      mainLogPath: required(name, values, 'main-log'),
      directory: required(name, values, 'data'),
      tokenPath: textOf(values, 'token-file'),
      caPath: textOf(values, 'ca'),
      expectsAll: values.own !== true,
      audits: wholeNumber(name, values, { name: 'audit', min: 1, max: mirrorLimits.auditMax }) ?? 0,
      intervalMs: values.once === true ? undefined : seconds * 1_000,
      ending,
      onPass: (pass) => {
        if (isJson) print(JSON.stringify(pass));
        else for (const line of linesOf(pass)) print(line);
      },
      onFailure: ({ code, message }) => {
        print(isJson ? JSON.stringify({ failed: code, message }) : `not asked: ${message}`);
      },
    });
    return differs ? 3 : 0;
  },
};

function linesOf(pass: MirrorPass): string[] {
  const { head, copied, registryVersion, storedBytes, audited, compared, historyFrom } = pass;
  const { fresh, open } = pass;
  const from = historyFrom.startsWith('1970-01-01T00:00:00') ? '' : ` from ${historyFrom} on`;
  return [
    ...fresh.map(differenceText),
    `log ${head.size} ${head.root}`,
    `copied ${copied.anchors} anchors, ${copied.messages} summary messages; registry ${registryVersion}`,
    `stored ${Math.ceil(storedBytes / 1_024)} kB`,
    ...(audited === undefined ? [] : [auditLine(audited)]),
    `compared ${compared} rows of the history${from}: ${open.length === 0 ? 'as proven' : `${open.length} differences`}`,
  ];
}

function auditLine({ anchors, messages, isRound }: NonNullable<MirrorPass['audited']>): string {
  const round = isRound ? ': all that was copied is through' : '';
  return `looked again at ${anchors} anchors, ${messages} messages${round}`;
}
