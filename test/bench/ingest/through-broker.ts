// SPDX-License-Identifier: Apache-2.0
// The same messages over a real broker: mosquitto, `tieline dispatch` as it is run in earnest, and a
// process that is all the gateways. What the broker costs is what this takes more than the ingest
// alone; sender, broker and node share the cores of the machine.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dispatchFiles } from '../../../dispatch/files.ts';
import { Children, freePort } from '../../demo/children.ts';
import { findProgram } from '../../demo/network.ts';
import type { Files, Publish, Published } from './orders.ts';
import { publish } from './steps.ts';

type Paced = Pick<Publish, 'warmUpMessages' | 'perSecond' | 'secondsMax'>;

/** Starts broker and node, and ends them with the run. */
export async function throughBroker(what: string, files: Files, paced: Paced): Promise<Published> {
  const dir = dirname(files.dir);
  const children = new Children(dir);
  try {
    const { url: mqttUrl, pid: brokerPid } = await startMosquitto(children, dir);
    const config = dispatchFiles(files.dir).config;
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text.replace(/mqtt:\/\/127\.0\.0\.1:\d+/, mqttUrl));
    const node = await children.service('dispatch', 'dispatch', '--config', config);
    const nodePid = pidOf(node.process);
    const order = { files, mqttUrl, nodePid, brokerPid, hostilePerSecond: 0, ...paced };
    return await publish(what, order);
  } finally {
    await children.end();
  }
}

/** With room for what is in hand, as deploy/mosquitto has it; the rest is as it comes. */
async function startMosquitto(children: Children, dir: string) {
  const port = await freePort();
  const config = join(dir, 'mosquitto.conf');
  const file = findProgram('mosquitto');
  if (file === undefined) throw new Error('mosquitto is missing: deploy/dev-setup installs it');
  const room = 'max_inflight_messages 64\nmax_queued_messages 10000\nset_tcp_nodelay true\n';
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\n${room}`);
  const isReady = (line: string) => line.includes('running');
  const broker = await children.program('broker', { file, words: ['-c', config] }, isReady);
  return { url: `mqtt://127.0.0.1:${port}`, pid: pidOf(broker.process) };
}

function pidOf({ pid }: { readonly pid?: number | undefined }): number {
  if (pid === undefined) throw new Error('a process that runs has a number');
  return pid;
}
