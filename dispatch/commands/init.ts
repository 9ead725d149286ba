// SPDX-License-Identifier: Apache-2.0
import { toHex } from '../../base/bytes.ts';
import {
  type Command,
  required,
  textOf,
  usageError,
  type Values,
  wholeNumber,
} from '../../host/command.ts';
import { initDispatch } from '../init.ts';
import { initConsortium } from '../init-consortium.ts';

export const dispatchInit: Command = {
  name: 'dispatch init',
  summary: 'Makes a dispatch node in a directory: the main log, its key, a dispatcher, the config.',
  usage: 'dispatch init --dir DIR --origin NAME [options]',
  options: {
    dir: { value: 'DIR', description: 'where; made if it is not there' },
    origin: { value: 'NAME', description: 'name of the main log for ever, e.g. grid.example/main' },
    organisation: { value: 'NAME', description: 'who keeps the log, by default utility' },
    person: { value: 'NAME', description: 'who enrols sidechains, by default dispatcher' },
    mqtt: { value: 'URL', description: 'the broker, by default mqtt://127.0.0.1:1883' },
    'http-port': { value: 'PORT', description: 'of the API on 127.0.0.1, by default 8080' },
    'trade-window': {
      value: 'SECONDS',
      description: 'of the market for ever, a divisor of a day; by default 900',
    },
    organisations: {
      value: 'N',
      description:
        'a consortium instead: N nodes (4 to 10) for this machine, each in its directory',
    },
    engine: { value: 'FILE', description: 'of a consortium: CometBFT 0.38, by default cometbft' },
    'engine-port': {
      value: 'PORT',
      description: 'of a consortium: where the first engine listens, by default 26656',
    },
    json: { description: 'say what was made as JSON' },
  },
  run: async ({ values, print }) => {
    const port = { name: 'http-port', min: 0, max: 65_535 };
    if (values.organisations !== undefined) return initSeveral(values, print);
    const { mainLog, files } = await initDispatch({
      dir: required('dispatch init', values, 'dir'),
      origin: required('dispatch init', values, 'origin'),
      organisation: textOf(values, 'organisation') ?? 'utility',
      person: textOf(values, 'person') ?? 'dispatcher',
      mqttUrl: textOf(values, 'mqtt') ?? 'mqtt://127.0.0.1:1883',
      httpPort: wholeNumber('dispatch init', values, port) ?? 8_080,
      tradeWindowMs: tradeWindowIn(values),
    });
    if (values.json === true) {
      print(JSON.stringify({ origin: mainLog.origin, id: toHex(mainLog.id), files }));
      return 0;
    }
    print(`main log  ${mainLog.origin}`);
    print(`id        ${toHex(mainLog.id)}`);
    print(`next      give ${files.mainLog} to those who build gateways`);
    print(`          keep ${files.personKey} where the dispatcher works: it enrols sidechains`);
    print(`          put ${files.governanceKey} away: it votes on who takes part`);
    print(`          tieline dispatch --config ${files.config}`);
    return 0;
  },
};

function tradeWindowIn(values: Values): number | undefined {
  const seconds = wholeNumber('dispatch init', values, {
    ...{ name: 'trade-window', min: 5, max: 86_400 },
  });
  if (seconds === undefined || 86_400 % seconds === 0) return seconds && 1_000 * seconds;
  throw usageError('--trade-window divides a day, as 300 or 900 does', 'dispatch init');
}

async function initSeveral(values: Values, print: (line: string) => void): Promise<number> {
  const command = 'dispatch init';
  for (const name of ['organisation', 'person', 'trade-window']) {
    if (textOf(values, name) === undefined) continue;
    throw usageError(`--${name} does not go with --organisations`, command);
  }
  const { mainLog, nodes } = await initConsortium({
    dir: required(command, values, 'dir'),
    origin: required(command, values, 'origin'),
    organisations: wholeNumber(command, values, { name: 'organisations', min: 4, max: 10 }) ?? 4,
    mqttUrl: textOf(values, 'mqtt') ?? 'mqtt://127.0.0.1:1883',
    httpPort: wholeNumber(command, values, { name: 'http-port', min: 0, max: 65_000 }) ?? 8_080,
    enginePort:
      wholeNumber(command, values, { name: 'engine-port', min: 1, max: 65_000 }) ?? 26_656,
    engine: textOf(values, 'engine') ?? 'cometbft',
  });
  const { origin, id, threshold } = mainLog;
  if (values.json === true) {
    print(JSON.stringify({ origin, id: toHex(id), threshold, nodes }));
    return 0;
  }
  print(`main log  ${origin}, signed by ${threshold} of ${nodes.length}`);
  print(`id        ${toHex(id)}`);
  for (const { name, files } of nodes) {
    print(`${name}  tieline dispatch --config ${files.config}`);
  }
  return 0;
}
