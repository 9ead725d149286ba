// SPDX-License-Identifier: Apache-2.0
import {
  type Command,
  hostAndPort,
  required,
  textOf,
  textsOf,
  usageError,
} from '../../host/command.ts';
import { untilEnded } from '../../host/exit.ts';
import { createLog } from '../../host/log.ts';
import { logByVerifierKey, readWitnessedLog, runWitness } from '../witness/run-witness.ts';

export const witness: Command = {
  name: 'witness',
  summary:
    'Runs a witness: it co-signs the checkpoints of logs that only ever grow (tlog-witness).',
  usage: 'witness --dir DIR --name NAME (--log FILE | --key VKEY)… [--listen HOST:PORT]',
  options: {
    dir: { value: 'DIR', description: 'of its key and what it has co-signed; made if need be' },
    name: { value: 'NAME', description: 'of its lines for ever, e.g. watch.example/tieline' },
    log: { value: 'FILE', multiple: true, description: 'main-log.json of a log to watch' },
    key: { value: 'VKEY', multiple: true, description: 'or the C2SP verifier key of any log' },
    listen: { value: 'HOST:PORT', description: 'by default 127.0.0.1:8090' },
    json: { description: 'say that it serves as JSON' },
  },
  notes: `Prints one line \`ready …\` with its verifier key. A dispatch node asks it when its
configuration names it: witnesses: [{url: http://HOST:PORT, key: …}]. It has no TLS of its own:
what it says is signed, and what it is asked has to be.`,
  run: async ({ values, print, ending }) => {
    const { host, port } = hostAndPort(
      'witness',
      'listen',
      textOf(values, 'listen') ?? '127.0.0.1:8090',
    );
    const logs = [
      ...(await Promise.all(textsOf(values, 'log').map(readWitnessedLog))),
      ...textsOf(values, 'key').map(logByVerifierKey),
    ];
    if (logs.length === 0) throw usageError('name a log: --log or --key', 'witness');
    const running = await runWitness({
      dir: required('witness', values, 'dir'),
      name: required('witness', values, 'name'),
      ...{ host, port, logs, log: createLog({ level: 'info' }) },
    });
    const { url, verifierKey } = running;
    print(
      values.json === true
        ? JSON.stringify({ url, verifierKey })
        : `ready witness ${url} ${verifierKey}`,
    );
    await untilEnded(ending);
    await running.close();
    return 0;
  },
};
