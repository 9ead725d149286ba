// SPDX-License-Identifier: Apache-2.0
import { nodeSuite } from '../../base/node-suite.ts';
import { type Command, required, textOf, textsOf, wholeNumber } from '../../host/command.ts';
import { prepareToJoin } from '../join.ts';
import { runGateway } from '../run-gateway.ts';

export const join: Command = {
  name: 'join',
  summary:
    'Makes a gateway that joins a chain which goes on already, waits for its grant, and runs it.',
  usage: 'join --dir DIR --genesis FILE --name NAME --listen HOST:PORT --member NAME=HOST:PORT…',
  options: {
    dir: { value: 'DIR', description: 'where; made if it is not there' },
    genesis: { value: 'FILE', description: 'genesis.cbor of the chain, from any of its members' },
    name: { value: 'NAME', description: 'what people call this gateway' },
    listen: { value: 'HOST:PORT', description: 'where the other members reach it' },
    member: {
      value: 'NAME=HOST:PORT',
      multiple: true,
      description: 'a member of the genesis, and where it is reached; may be given several times',
    },
    mqtt: { value: 'URL', description: 'the broker, by default mqtt://127.0.0.1:1883' },
    'anchor-seconds': { value: 'N', description: 'one anchor each so long; 60' },
    'http-port': { value: 'PORT', description: 'of the local API, by default 8780' },
  },
  notes: `It shows its public key and the line that an engineer of the chain runs beside a member.
Granted, it fetches the chain, and prints one line \`ready …\` when it runs. From then on
\`tieline run\` does. A second run keeps what is there. What it does is logged to standard error.`,
  run: async ({ values, print, ending }) => {
    const port = { name: 'http-port', min: 0, max: 65_535 };
    const seconds = { name: 'anchor-seconds', min: 1, max: 3_600 };
    const made = await prepareToJoin(nodeSuite, {
      dir: required('join', values, 'dir'),
      genesisFile: required('join', values, 'genesis'),
      name: required('join', values, 'name'),
      listen: required('join', values, 'listen'),
      members: textsOf(values, 'member'),
      mqttUrl: textOf(values, 'mqtt') ?? 'mqtt://127.0.0.1:1883',
      anchorIntervalMs: 1_000 * (wholeNumber('join', values, seconds) ?? 60),
      httpPort: wholeNumber('join', values, port) ?? 8_780,
    });
    print(`gateway   ${made.keyId}`);
    print(`key       ${made.publicKey}`);
    print(`chain     ${made.chainId}`);
    print(`grant     ${made.grant}`);
    const onWaiting = (): void => print('waiting   until an engineer grants it');
    await runGateway(made.configPath, { print, ending, onWaiting });
    return 0;
  },
};
