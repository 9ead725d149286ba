// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { nodeSuite } from '../../base/node-suite.ts';
import { wallClockMs } from '../../host/clock.ts';
import {
  type Command,
  required,
  textOf,
  textsOf,
  usageError,
  type Values,
  wholeNumber,
} from '../../host/command.ts';
import type { Policy } from '../../sidechain/chain/policy.ts';
import { type InitOptions, initGateway } from '../init.ts';

export const init: Command = {
  name: 'init',
  summary: 'Makes a gateway in a directory: its key, its chain, its configuration.',
  usage: 'init --dir DIR (--main-log FILE | --genesis FILE) [options]',
  options: {
    dir: { value: 'DIR', description: 'where; made if it is not there' },
    'main-log': {
      value: 'FILE',
      description: "begin a chain under this main log: main-log.json, from the log's operator",
    },
    genesis: { value: 'FILE', description: 'be a member of the chain that begins so' },
    members: {
      value: 'FILE,…',
      description: 'member.json of the other gateways of the chain, as `tieline key` writes them',
    },
    listen: { value: 'HOST:PORT', description: 'where those reach it; else as `tieline key` said' },
    name: { value: 'NAME', description: 'what people call the gateway, by default gateway-1' },
    mqtt: { value: 'URL', description: 'the broker, by default mqtt://127.0.0.1:1883' },
    'anchor-seconds': { value: 'N', description: 'one anchor each so long; 60' },
    'http-port': { value: 'PORT', description: 'of the local API, by default 8780' },
    policy: {
      value: 'CLASS',
      description: 'blame: a fork names who lied, a majority co-signs (by default); or prevent',
    },
    faulty: {
      value: 'N',
      description: 'for prevent: how many members may lie, and no fork is made',
    },
    engineer: {
      value: 'NAME=PUBLICKEY',
      multiple: true,
      description: 'may change the members; may be given several times. Of none they are fixed',
    },
    operator: {
      value: 'NAME=PUBLICKEY',
      multiple: true,
      description: 'may enter data by hand, as engineers may; may be given several times',
    },
    'window-seconds': { value: 'N', description: 'summary window, a divisor of a day; 900' },
    'grace-seconds': { value: 'N', description: 'how long a window waits for late packs; 30' },
    json: { description: 'say what was made as JSON' },
  },
  notes: `The key is made here and never leaves this directory. A second run keeps what is there.

A chain of several gateways begins on one of them:
  on each       tieline key --dir DIR --name NAME --listen HOST:PORT
  on the first  tieline init --dir DIR --main-log main-log.json --members b.json,c.json
  on the others tieline init --dir DIR --genesis genesis.cbor --members a.json,b.json,c.json
All members stand in the genesis; compare their key ids with what \`tieline key\` printed.`,
  run: async ({ values, print }) => {
    const made = await initGateway(nodeSuite, optionsOf(values), {
      nowMs: wallClockMs(),
      random: (length) => new Uint8Array(randomBytes(length)),
    });
    if (values.json === true) {
      print(JSON.stringify(made));
      return 0;
    }
    print(`gateway   ${made.keyId}`);
    print(`chain     ${made.chainId}`);
    for (const { name, keyId } of made.members) print(`member    ${keyId}  ${name}`);
    print(`next      add your lines and meters to ${made.configPath}`);
    if (values.genesis === undefined) {
      if (made.members.length > 1)
        print(`          carry ${made.genesisPath} to the other members`);
      print(`          have ${made.genesisPath} enrolled: tieline dispatch enrol --help`);
    }
    print(`          tieline run --config ${made.configPath}`);
    return 0;
  },
};

function optionsOf(values: Values): InitOptions {
  const port = { name: 'http-port', min: 0, max: 65_535 };
  return {
    dir: required('init', values, 'dir'),
    chain: chainOf(values),
    memberFiles: textOf(values, 'members')?.split(',').filter(Boolean) ?? [],
    listen: textOf(values, 'listen'),
    mqttUrl: textOf(values, 'mqtt') ?? 'mqtt://127.0.0.1:1883',
    anchorIntervalMs: secondsOf(values, 'anchor-seconds', 60),
    httpPort: wholeNumber('init', values, port) ?? 8_780,
  };
}

/** What the genesis decides: `--genesis` leaves nothing of it to say. */
const decided = [
  ...['main-log', 'name', 'policy', 'faulty', 'engineer', 'operator'],
  ...['window-seconds', 'grace-seconds'],
];

function chainOf(values: Values): InitOptions['chain'] {
  const genesisFile = textOf(values, 'genesis');
  if (genesisFile === undefined) {
    return {
      kind: 'new',
      name: textOf(values, 'name'),
      mainLogFile: required('init', values, 'main-log'),
      policy: policyOf(values),
      engineers: textsOf(values, 'engineer'),
      operators: textsOf(values, 'operator'),
      windowMs: secondsOf(values, 'window-seconds', 900),
      graceMs: secondsOf(values, 'grace-seconds', 30),
    };
  }
  const extra = decided.find((name) => values[name] !== undefined);
  if (extra === undefined) return { kind: 'given', genesisFile };
  throw usageError(`--${extra} is what the genesis says already`, 'init');
}

function policyOf(values: Values): Policy {
  const kind = textOf(values, 'policy') ?? 'blame';
  const faulty = wholeNumber('init', values, { name: 'faulty', min: 1, max: 6 });
  if (kind === 'blame') {
    if (faulty === undefined) return { class: kind, faulty: 0 };
    throw usageError('--faulty goes with --policy prevent', 'init');
  }
  if (kind !== 'prevent') throw usageError(`--policy is blame or prevent, not \`${kind}\``, 'init');
  if (faulty !== undefined) return { class: kind, faulty };
  throw usageError('--policy prevent needs --faulty, how many members may lie', 'init');
}

function secondsOf(values: Values, name: string, fallback: number): number {
  return 1_000 * (wholeNumber('init', values, { name, min: 1, max: 86_400 }) ?? fallback);
}
