// SPDX-License-Identifier: Apache-2.0
// The MQTT link against a real broker, mosquitto: version 5, reason codes, the receive maximum, the
// will, a broker that is killed and started again in the middle, and TLS with client certificates.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TielineError } from '../../base/errors.ts';
import { createLog } from '../../host/log.ts';
import { connectMqtt, type Mqtt } from '../../host/mqtt.ts';
import type { ConnectOptions } from '../../host/mqtt-connection.ts';

const atLeastOnce = { qos: 1, retain: false } as const;
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

type Line = { readonly event: string; readonly level: string } & Record<string, unknown>;

const links: Mqtt[] = [];
const brokers: Mosquitto[] = [];
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tieline-mosquitto-'));
});

afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
  for (const broker of brokers.splice(0)) await broker.kill();
});

afterAll(() => rmSync(directory, { recursive: true }));

class Mosquitto {
  readonly port: number;
  readonly #config: string;
  #process: ChildProcess | undefined;

  constructor(port: number, config: string) {
    this.port = port;
    this.#config = config;
  }

  static async start(lines: readonly string[] = ['allow_anonymous true']): Promise<Mosquitto> {
    const port = await freePort();
    const config = join(directory, `${port}.conf`);
    const user = 'user root';
    writeFileSync(config, [`listener ${port} 127.0.0.1`, user, ...lines, ''].join('\n'));
    const broker = new Mosquitto(port, config);
    await broker.start();
    brokers.push(broker);
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const path = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
    this.#process = spawn('mosquitto', ['-c', this.#config], {
      env: { ...process.env, PATH: path },
      stdio: 'ignore',
    });
    await once(this.#process, 'spawn');
    while (!(await answers(this.port))) {
      if (this.#process.exitCode !== null) throw new Error('mosquitto does not start');
    }
  }

  async kill(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    const ended = once(process, 'exit');
    process.kill('SIGKILL');
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(() => resolve(false), 20));
  });
}

function link(options: Omit<ConnectOptions, 'clientId'> & { clientId?: string }) {
  const lines: Line[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  const log = createLog({ level: 'debug', human: false, write });
  const made = connectMqtt({ clientId: `client-${links.length}`, ...options, log });
  links.push(made);
  const ready = new Promise<void>((resolve) => made.onConnected(resolve));
  return { link: made, lines, ready };
}

test('MQTT 5 is spoken where the broker speaks it', async () => {
  const broker = await Mosquitto.start();
  const { link: made, lines, ready } = link({ url: broker.url });
  await ready;
  expect(made.protocol).toBe('5');
  expect(lines).toEqual([expect.objectContaining({ event: 'mqtt-connected', protocol: '5' })]);
});

test('a thousand messages at once respect the receive maximum, and arrive in order', async () => {
  const broker = await Mosquitto.start(['allow_anonymous true', 'max_inflight_messages 3']);
  const { link: made, lines, ready } = link({ url: broker.url });
  await ready;
  const seen: string[] = [];
  const sent = Array.from({ length: 1000 }, (_, i) => String(i));
  const all = new Promise<void>((resolve) => {
    made.subscribe('n', (_topic, payload) => {
      seen.push(Buffer.from(payload).toString());
      if (seen.length === sent.length) resolve();
    });
  });
  await Promise.all(sent.map((text) => made.publish('n', bytes(text), atLeastOnce)));
  await all;
  expect(seen).toEqual(sent);
  expect(lines.filter(({ event }) => event === 'mqtt-lost')).toEqual([]);
});

test('a broker killed in the middle: what it did not acknowledge is sent again, none is lost', async () => {
  const broker = await Mosquitto.start();
  const [sender, receiver] = [link({ url: broker.url }), link({ url: broker.url })];
  const seen = new Set<string>();
  receiver.link.subscribe('n', (_topic, payload) => {
    seen.add(Buffer.from(payload).toString());
  });
  await Promise.all([sender.ready, receiver.ready]);
  let down: Promise<void> | undefined;
  let failures = 0;
  for (let i = 0; i < 300; i++) {
    if (i === 100) {
      down = broker.kill().then(() => broker.start());
    }
    // The durable queues of the product do the same: a message leaves them when it is answered.
    while (!seen.has(String(i))) {
      try {
        await sender.link.publish('n', bytes(String(i)), atLeastOnce);
        await expect
          .poll(() => seen.has(String(i)), { timeout: 500 })
          .toBe(true)
          .catch(() => {});
      } catch (error) {
        expect(error).toBeInstanceOf(TielineError);
        expect(error).toMatchObject({ retry: 'transient' });
        failures += 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
  await down;
  expect(failures).toBeGreaterThan(0);
  expect(seen.size).toBe(300);
  expect(sender.lines.map(({ event }) => event)).toContain('mqtt-lost');
  expect(sender.link.protocol).toBe('5');
});

test('of a group each message reaches one member', async () => {
  const broker = await Mosquitto.start();
  const members = [link({ url: broker.url }), link({ url: broker.url })];
  const seen = members.map(({ link: member }) => {
    const own: string[] = [];
    member.subscribe('up/+', (topic) => void own.push(topic), 'centre');
    return own;
  });
  const sender = link({ url: broker.url });
  await Promise.all([...members, sender].map(({ ready }) => ready));
  const topics = Array.from({ length: 40 }, (_, i) => `up/${i}`);
  for (const topic of topics) await sender.link.publish(topic, bytes('x'), atLeastOnce);
  await expect.poll(() => seen.flat().toSorted()).toEqual(topics.toSorted());
  expect(seen.every((own) => own.length > 0)).toBe(true);
});

test('the will is delivered and retained when a process dies', async () => {
  const broker = await Mosquitto.start();
  const script = `
    import { connectMqtt } from '${new URL('../../host/mqtt.ts', import.meta.url)}';
    import { createLog } from '${new URL('../../host/log.ts', import.meta.url)}';
    const will = { topic: 'status/g', payload: new Uint8Array([48]), qos: 1, retain: true };
    const log = createLog({ level: 'error' });
    const made = connectMqtt({ url: '${broker.url}', clientId: 'g', will, log });
    made.onConnected(() => process.stdout.write('ready'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { link: watcher } = link({ url: broker.url });
  const payload = await new Promise<Uint8Array>((resolve) => {
    watcher.subscribe('status/+', (_topic, received) => resolve(received));
  });
  expect(payload).toEqual(bytes('0'));
});

describe('an access control list', () => {
  test('surfaces: 0x87 of a PUBLISH as an error, of a SUBSCRIBE in the log', async () => {
    const acl = join(directory, 'acl');
    writeFileSync(acl, 'topic readwrite mine/#\n');
    const broker = await Mosquitto.start(['allow_anonymous true', `acl_file ${acl}`]);
    const { link: made, lines, ready } = link({ url: broker.url });
    made.subscribe('mine/#', () => {});
    await ready;
    await made.publish('mine/a', bytes('x'), atLeastOnce);
    await expect(made.publish('yours/a', bytes('x'), atLeastOnce)).rejects.toMatchObject({
      code: 'mqtt-not-authorised',
      retry: 'permanent',
      message: expect.stringContaining('0x87'),
    });
    expect(made.connected).toBe(true);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('refuses a client without a password, who says so and goes on trying', async () => {
    const broker = await Mosquitto.start(['allow_anonymous false']);
    const { lines } = link({ url: broker.url });
    await expect
      .poll(() => lines.filter(({ event }) => event === 'mqtt-refused').length, { timeout: 20_000 })
      .toBeGreaterThan(1);
    expect(lines[0]).toMatchObject({ level: 'error', error: { code: 'mqtt-not-authorised' } });
  });
});

describe('TLS', () => {
  test('with a client certificate: the broker is checked, and the client is', async () => {
    makeCertificates();
    const file = (name: string): string => join(directory, name);
    const broker = await Mosquitto.start([
      `cafile ${file('ca.crt')}`,
      `certfile ${file('server.crt')}`,
      `keyfile ${file('server.key')}`,
      'require_certificate true',
      'use_identity_as_username true',
    ]);
    const url = `mqtts://localhost:${broker.port}`;
    const pem = (name: string): string => readFileSync(file(name), 'utf8');
    const client = { cert: pem('client.crt'), key: pem('client.key') };
    const trusted = link({ url, tls: { ca: pem('ca.crt'), ...client } });
    const stranger = link({ url, tls: { ca: pem('ca.crt') } });
    const distrustful = link({ url, tls: client });
    await trusted.ready;
    expect(trusted.link.protocol).toBe('5');
    const lost = (lines: readonly Line[]) => lines.find(({ event }) => event === 'mqtt-lost');
    const refused = () => stranger.lines.find(({ event }) => event === 'mqtt-refused');
    await expect.poll(refused, { timeout: 10_000 }).toMatchObject({
      error: { message: 'the broker wants a certificate, and was shown none' },
      hint: expect.stringContaining('`cert` and `key`'),
    });
    await expect.poll(() => lost(distrustful.lines), { timeout: 10_000 }).toBeDefined();
    expect(lost(distrustful.lines)?.reason).toContain('certificate');
    expect([stranger.link.connected, distrustful.link.connected]).toEqual([false, false]);
  });
});

/** An authority, and a server's and a client's certificate by it. */
function makeCertificates(): void {
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
  };
  const fresh = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ];
  openssl('req', '-x509', ...fresh, '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.crt');
  for (const [name, subject, extension] of [
    ['server', '/CN=localhost', 'subjectAltName=DNS:localhost'],
    ['client', '/CN=gateway-1', 'extendedKeyUsage=clientAuth'],
  ] as const) {
    const out = ['-keyout', `${name}.key`, '-out', `${name}.crt`];
    const signer = ['-CA', 'ca.crt', '-CAkey', 'ca.key'];
    openssl('req', '-x509', ...fresh, '-subj', subject, '-addext', extension, ...signer, ...out);
  }
}
