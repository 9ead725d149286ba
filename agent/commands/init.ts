// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { nodeSuite } from '../../base/node-suite.ts';
import { wallClockMs } from '../../host/clock.ts';
import { type Command, required, textOf, wholeNumber } from '../../host/command.ts';
import { initGateway } from '../init.ts';

export const init: Command = {
  name: 'init',
  summary: 'Makes a gateway in a directory: its key, the genesis of its chain, its configuration.',
  usage: 'init --dir DIR --main-log FILE [options]',
  options: {
    dir: { value: 'DIR', description: 'where; made if it is not there' },
    'main-log': { value: 'FILE', description: "main-log.json, from the main log's operator" },
    name: { value: 'NAME', description: 'what people call the gateway, by default gateway-1' },
    mqtt: { value: 'URL', description: 'the broker, by default mqtt://127.0.0.1:1883' },
    'window-seconds': { value: 'N', description: 'summary window, a divisor of a day; 900' },
    'grace-seconds': { value: 'N', description: 'how long a window waits for late packs; 30' },
    'anchor-seconds': { value: 'N', description: 'one anchor each so long; 60' },
    'http-port': { value: 'PORT', description: 'of the local API, by default 8780' },
    json: { description: 'say what was made as JSON' },
  },
  notes: 'The key is made here and never leaves this directory. A second run keeps what is there.',
  run: async ({ values, print }) => {
    const seconds = (name: string, fallback: number): number =>
      1_000 * (wholeNumber('init', values, { name, min: 1, max: 86_400 }) ?? fallback);
    const port = { name: 'http-port', min: 0, max: 65_535 };
    const made = await initGateway(
      nodeSuite,
      {
        dir: required('init', values, 'dir'),
        mainLogFile: required('init', values, 'main-log'),
        name: textOf(values, 'name') ?? 'gateway-1',
        mqttUrl: textOf(values, 'mqtt') ?? 'mqtt://127.0.0.1:1883',
        windowMs: seconds('window-seconds', 900),
        graceMs: seconds('grace-seconds', 30),
        anchorIntervalMs: seconds('anchor-seconds', 60),
        httpPort: wholeNumber('init', values, port) ?? 8_780,
      },
      { nowMs: wallClockMs(), random: (length) => new Uint8Array(randomBytes(length)) },
    );
    if (values.json === true) {
      print(JSON.stringify(made));
      return 0;
    }
    print(`gateway   ${made.keyId}`);
    print(`chain     ${made.chainId}`);
    print(`next      add your lines and meters to ${made.configPath}`);
    print(`          have ${made.genesisPath} enrolled: tieline dispatch enrol --help`);
    print(`          tieline run --config ${made.configPath}`);
    return 0;
  },
};
